"""How large a sample must be. Who only reads the help must not wait for what draws it."""

FEWEST = 250
"""Fewest galaxies of a sample: the rarest class then has 6, enough for every split."""
