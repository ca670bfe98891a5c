"""Fitting, scoring, keeping and using models.

``__init__.pyi`` lists everything public; each name is imported when it is first used, since most need TensorFlow.
"""

from datasets import attach_public_names

__getattr__, __dir__, __all__ = attach_public_names(__name__, __file__)
