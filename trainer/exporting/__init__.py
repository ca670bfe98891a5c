"""Trained models for other programs, in a format of theirs: uint8 images in, probabilities and novelty out."""
