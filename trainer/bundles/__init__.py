"""Bundles: written, loaded, described, evaluated, and used to classify."""
