"""Commands about machines: ``doctor``."""

from typing import Annotated

import typer

from ui.cli.command import command
from ui.cli.display.checks import checked
from ui.cli.options import flag
from ui.cli.terminal import FAILED, Terminal

app = typer.Typer()


@command(app, "galaxy doctor --address auto --storage s3://bucket/runs")
def doctor(
    terminal: Terminal,
    address: Annotated[
        str | None, typer.Option(help="Ray whose nodes are asked: auto or HOST:PORT. Without it, this machine is.")
    ] = None,
    storage: Annotated[
        str | None, typer.Option(metavar="URI", help="Storage folder that each is to reach, and to be the same one.")
    ] = None,
    dataset: Annotated[str | None, typer.Option(metavar="DATASET", help="Dataset that each is to reach.")] = None,
    hypermodel: Annotated[
        str | None, typer.Option(metavar="MODULE:OBJECT", help="Your own HyperModel, that each is to have.")
    ] = None,
    deep: Annotated[bool, flag("--deep", "Have TensorFlow on each train a step, on GPUs where it sees some.")] = False,
) -> None:
    """Say what is missing or misconfigured, node by node, within some 10 s.

    Looks at code and versions, the token, storage, dataset, disks, memory, GPUs, clocks
    and limits. Exit status 1 if anything is not as trials need it.
    """
    from cluster import examine

    checks = examine(address, storage=storage, dataset=dataset, hypermodel=hypermodel, deep=deep)
    terminal.finish({"checks": [check.as_json() for check in checks]}, checked(checks))
    if not all(check.ok for check in checks):
        raise typer.Exit(FAILED)
