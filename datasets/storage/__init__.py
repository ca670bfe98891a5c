"""Where files lie: folders on any filesystem, whole files, checksums, and each node's copies of what is remote."""
