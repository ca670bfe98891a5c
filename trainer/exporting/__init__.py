"""Bundles in the formats of other programs, each written and checked by its own runtime.

Nothing here changes what a bundle answers.
"""
