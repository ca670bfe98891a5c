"""A dataset's Arrow files: written, described, fingerprinted, opened, verified, and kept on a node that fetched them.

Nothing here may know what a dataset was imported from.
"""
