"""Ours: the command that a user gives."""

import sys

from ui.cli.entry import main


def search(dataset: str, folder: str, *, seconds: float, seed: int) -> None:
    given = ["--name", "fit", "--storage", folder, "--time-limit", f"{seconds:.0f}s", "--seed", str(seed)]
    sys.argv = ["galaxy", "fit", dataset, *given, "--or-resume"]
    main()
