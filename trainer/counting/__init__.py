"""How many galaxies of each class are in a catalogue, from what a model answered for them.

Nothing here loads a network: all is computed from answers, the catalogue's and those to held-out images.
"""
