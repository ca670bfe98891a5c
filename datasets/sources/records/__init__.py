"""Sources that keep images and labels together, record by record."""
