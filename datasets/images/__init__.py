"""From image files to pixels: reading them out of folders and archives, decoding, cropping, resampling."""
