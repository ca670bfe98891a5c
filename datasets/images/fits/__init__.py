"""From FITS files to pixels: which bands, extensions and pixels count, and how they are stretched to be seen."""
