"""Folders of the storage, local and remote: files read, written whole, created once, compared, and built beside them.

Nothing here may know what a dataset, an image or a table is.
"""
