"""Bundles: what is kept of trained models, written, loaded, described, evaluated, and used to classify.

Nothing here knows how a model was trained.
"""
