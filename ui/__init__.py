"""What people see: the ``galaxy`` command (`ui.cli`) and the web page (`ui.web`, `ui.pages`). Nothing imports it."""

from datasets import attach_public_names

__getattr__, __dir__, __all__ = attach_public_names(__name__, __file__)
