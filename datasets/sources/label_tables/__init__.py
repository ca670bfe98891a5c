"""Sources whose labels are in a table, one row an image."""
