"""Fitting, scoring, keeping and using models.

``__init__.pyi`` lists everything public; each name is imported when it is first used, since most need TensorFlow.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
