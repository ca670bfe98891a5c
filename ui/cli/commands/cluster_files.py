"""``galaxy cluster``: what brings a cluster up, before it is brought up, and the token that its nodes share."""

from pathlib import Path
from typing import Annotated

import typer

from ui.cli.command import command
from ui.cli.display.checks import checked
from ui.cli.grammar import PlainGroup
from ui.cli.options import flag
from ui.cli.terminal import FAILED, Terminal

app = typer.Typer(
    name="cluster",
    cls=PlainGroup,
    no_args_is_help=True,
    help="Look at a cluster file before it costs anything; the token.",
)


@command(app, "galaxy cluster check cluster/onprem.yaml --storage /shared/runs")
def check(
    terminal: Terminal,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="For `ray up`, `kubectl apply` or sbatch.")],
    storage: Annotated[
        str | None, typer.Option(metavar="URI", help="Storage: a folder that all machines are to share, or a URI.")
    ] = None,
) -> None:
    """Say what a cluster file lacks, before anything is started.

    Schema and keys, what was to be changed and was not, the token (made where
    there is none), then the machines, the cloud, Kubernetes or Slurm themselves.
    Nothing is started and nothing costs. Exit status 1 where something is wrong.
    """
    from cluster import check_cluster_file, launching_command

    found = check_cluster_file(file, storage)
    well = all(each.ok for each in found)
    next_command = launching_command(file) if well else None
    terminal.finish({"checks": [each.as_json() for each in found]}, checked(found), next_command=next_command)
    if not well:
        raise typer.Exit(FAILED)


@command(app, "galaxy cluster token --new")
def token(terminal: Terminal, new: Annotated[bool, flag("--new", "Put a new one in its place.")] = False) -> None:
    """Make the token that the nodes of a cluster share, where there is none.

    It is never shown. A Ray that runs goes on with its own: end it before
    `--new`, bring the file to every node, and start it again.
    """
    from cluster import shipped_token

    path, made = shipped_token(new=new)
    terminal.finish({"path": str(path), "made": made}, f"{path}{': a new token' if made else ''}")
