"""Sources whose labels are the names of folders."""
