"""What is said of a command that was sent to a cluster as a job."""

import shlex
from typing import TYPE_CHECKING

from ui.cli.display import tables
from ui.cli.terminal import Terminal
from ui.wording import command_line

if TYPE_CHECKING:
    from cluster import Submitted


def sent(terminal: Terminal, job: "Submitted", storage: str) -> None:
    """Say that a search runs on a cluster from now on, and what to ask of it from here."""
    log = shlex.join(("ray", "job", "logs", job.job, "--address", job.dashboard, "--follow"))
    about = {
        "job": f"{job.job}: {_how_far(job)}",
        "its log": f"RAY_AUTH_MODE=token {log}",
        "to stop it": command_line("stop", job.search, storage=storage),
    }
    next_command = command_line("leaderboard", job.search, "--watch", storage=storage)
    terminal.finish(job.as_json(), tables.facts(about), next_command=next_command)


def _how_far(job: "Submitted") -> str:
    if job.has_begun:
        return "it runs there, whatever becomes of this machine"
    return "it is there, whatever becomes of this machine, and is not seen to have begun yet: its log says more"
