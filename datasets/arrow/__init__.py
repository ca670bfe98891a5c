"""A dataset's Arrow files: written, described, fingerprinted, opened and verified."""
