"""Labelled galaxy images: imported from a source, split, balanced, augmented and batched, and the storage they lie in.

``__init__.pyi`` lists everything public; each name is imported when it is first used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
