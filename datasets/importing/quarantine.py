"""The files that an import cannot use, and why."""

import csv
from dataclasses import dataclass, field
from pathlib import Path

from datasets.errors import SourceError

FILE = "quarantine.csv"


@dataclass
class Quarantine:
    """The files that cannot be used, (file, reason) of each; ``strict`` says that none is allowed."""

    strict: bool
    files: list[tuple[str, str]] = field(default_factory=list)

    def add(self, file: str, reason: str) -> None:
        """Note a file. Raises SourceError if none is allowed."""
        if self.strict:
            raise SourceError(f"'{file}' cannot be used: {reason}; without --strict it is left out and noted")
        self.files.append((file, reason))

    def write(self, folder: Path) -> None:
        """Write the list into the folder of a dataset."""
        with (folder / FILE).open("w", newline="", encoding="utf-8", errors="backslashreplace") as file:
            csv.writer(file).writerows([("file", "reason"), *self.files])
