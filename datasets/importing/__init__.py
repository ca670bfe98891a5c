"""From a source to a dataset: decoded, placed in splits, and complete or not there at all."""
