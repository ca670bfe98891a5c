"""From files to pixels: all reading of image files, FITS, HDF5, folders and zips, and their decoding and resampling.

Nothing here may know of classes, splits or where an image will be stored.
"""
