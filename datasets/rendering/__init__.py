"""Galaxies of the built-in sample as the Sloan Digital Sky Survey (SDSS) would have seen them; no user's image is here.

Lengths are seconds of arc, angles radians, fluxes nanomaggies (magnitude = 22.5 - 2.5 log10 flux), bands g, r, i. First
`population` draws how bright and large a galaxy is, then `galaxies` its light, `observation` a photograph of this.
"""
