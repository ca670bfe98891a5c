"""Wrong use of the command line: one line on stderr that names the help to read, exit status 2."""

import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup


class GalaxyGroup(TyperGroup):
    """The command group, with Typer's boxed usage errors replaced by one line each."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command and leave with its exit status. Raises SystemExit, always, in standalone mode."""
        try:
            status = super().main(
                args, prog_name, complete_var, standalone_mode=False, windows_expand_args=windows_expand_args, **extra
            )
        except typer.TyperException as error:
            if not standalone_mode:
                raise
            if error.format_message():  # empty where Typer has shown the help already
                print(f"galaxy: error: {_sentence(error)}", file=sys.stderr)  # noqa: T201
            sys.exit(error.exit_code)
        return sys.exit(status or 0) if standalone_mode else status


def _sentence(error: typer.TyperException) -> str:
    """Return the error with the help that explains it: ``No such option: --trails … (see `galaxy search --help`)``."""
    text = " ".join(error.format_message().split()).rstrip(".")
    context = getattr(error, "ctx", None)
    return f"{text[:1].lower()}{text[1:]} (see `{context.command_path if context else 'galaxy'} --help`)"
