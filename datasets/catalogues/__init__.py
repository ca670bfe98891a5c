"""Catalogues of galaxies to be classified in parts: what is in each partition, and the folder of their answers.

Nothing here may know what an answer is.
"""
