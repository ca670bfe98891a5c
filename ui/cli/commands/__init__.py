"""The commands: a module for each family of them, with a Typer ``app`` that `ui.cli.main` joins."""
