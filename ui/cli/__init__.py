"""The ``galaxy`` command: `ui.cli.main` joins the commands, `ui.cli.terminal` opens and ends each of them.

What a page could show as well lives in a room below, never here.
"""
