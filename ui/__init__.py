"""What people see: the ``galaxy`` command (`ui.cli`) and the web page (`ui.web`, `ui.pages`). Nothing imports it.

It imports nothing itself: `ui.cli.entry` first sees to it that this project's packages are the ones found.
"""
