"""Searches on machines: launching trials on Ray (or in this process) and training the winners."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
