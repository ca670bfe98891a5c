"""Labelled galaxy images: imported from a source, split, balanced, augmented and batched, and the storage they lie in.

``__init__.pyi`` lists everything public; each name is imported when it is first used.
"""

from datasets.public_names import attach_public_names

__getattr__, __dir__, __all__ = attach_public_names(__name__, __file__)
