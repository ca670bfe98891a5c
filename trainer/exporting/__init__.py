"""Trained models for other programs: uint8 images in, calibrated probabilities out, in a format of theirs."""
