"""The ``galaxy`` command: `ui.cli.entry` begins, `ui.cli.main` joins the commands, `ui.cli.terminal` frames each.

What a page could show as well lives in a room below, never here.
"""
