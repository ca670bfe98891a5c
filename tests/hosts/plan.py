"""What a lab is to be, as its keeper and its hosts are told."""

import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

USER, USER_ID = "astro", 7700
"""Who works on the hosts."""
HOME = Path("/home", USER)
CHECKOUT = HOME / "galaxy-tuner"
SHARED = Path("/shared")
"""Where hosts see the same files, as of a file server that is always there."""
NETWORK, GATEWAY = "10.77.0.{}", "10.77.0.254"
START_SECONDS = 60.0


class LabError(Exception):
    """A lab cannot be made, or a host not do what it is asked to: one line."""


@dataclass(frozen=True)
class Plan:
    """The names of the hosts, in order, and the folder where the lab has its mounts."""

    folder: Path
    names: tuple[str, ...]

    @property
    def addresses(self) -> dict[str, str]:
        """The address of each host."""
        return {name: NETWORK.format(number) for number, name in enumerate(self.names, start=1)}

    @property
    def base(self) -> Path:
        """What every host finds other than the machine has it."""
        return self.folder / "base"

    @property
    def written(self) -> Path:
        """What the hosts write."""
        return self.folder / "written"

    @property
    def shared(self) -> Path:
        """What is in each host's SHARED, the same in all."""
        return self.folder / "shared"

    @property
    def arguments(self) -> list[str]:
        """The plan on a command line; ``Plan.read`` reads it again."""
        return [str(self.folder), *self.names]

    @classmethod
    def read(cls, arguments: list[str]) -> "Plan":
        """Read a plan from a command line."""
        return cls(Path(arguments[0]), tuple(arguments[1:]))


def run(*words: object) -> None:
    """Run a command. Raises LabError if it fails, with what it said."""
    done = subprocess.run([str(word) for word in words], stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip() or f"exit status {done.returncode}"
        raise LabError(f"{shlex.join(map(str, words))}: {said}")
