"""Galaxies of the built-in sample, rendered as the Sloan Digital Sky Survey (SDSS) would have seen them.

Lengths are seconds of arc, angles radians, fluxes nanomaggies (magnitude = 22.5 - 2.5 log10 flux); the bands are g, r,
i in this order. A galaxy passes through the modules so: `population` draws how bright, large and far away it is, `grid`
frames it, `smooth`, `edge_on` or `spiral` draw its light with `profiles` and `photometry`, `neighbours` adds what else
is in the field, and `observation` turns light into a photograph. `kinds` names the classes.
"""
