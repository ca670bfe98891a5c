"""What people see: the ``galaxy`` command (`ui.cli`) and the web page (`ui.web`, `ui.pages`). Nothing imports it."""

from typing import TYPE_CHECKING

from datasets.exports import lazily

if TYPE_CHECKING:
    from ui.cli.main import main as main

__all__ = ["main"]

__getattr__ = lazily(__name__, {"main": "ui.cli.main"})
