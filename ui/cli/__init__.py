"""The ``galaxy`` command: `ui.cli.main` joins the commands, `ui.cli.terminal` opens and ends each of them."""
