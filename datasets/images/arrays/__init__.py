"""Images that lie in arrays, NPY or HDF5: where the axes are, what is black and what white, and reading by rows.

Nothing here may unpickle, or have a whole stack of images in memory.
"""
