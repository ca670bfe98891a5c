"""What people see: the ``galaxy`` command (`ui.cli`) and the web page (`ui.web`, `ui.pages`). Nothing imports it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
