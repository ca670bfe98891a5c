"""Sources that are arrays, NPY, NPZ or HDF5: which array holds the images of a split, which their labels."""
