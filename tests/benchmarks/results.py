"""What has ended of a benchmark that takes days: a line of JSON each, in one file that is kept with the code.

The same command goes on with it on another day or machine, whatever has become of the folder that all else is in.
"""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from datasets import open_folder

JsonObject = dict[str, Any]


class Results:
    """The results in a file; those with the same values of ``key``, its fields in front, are of the same piece of work.

    Lines stand in the order of these values. Threads may add at once, processes not.
    """

    def __init__(self, file: Path, *key: str) -> None:
        self._file, self._key, self._lock = file, key, threading.Lock()
        lines = file.read_text().splitlines() if file.exists() else []
        self._lines = {self._of(json.loads(line)): line for line in lines}

    def __len__(self) -> int:
        return len(self._lines)

    def __iter__(self) -> Iterator[JsonObject]:
        return iter([json.loads(self._lines[key]) for key in sorted(self._lines)])

    def find(self, *key: object) -> JsonObject | None:
        """Return the result of a piece of work, None where it has not ended."""
        line = self._lines.get(key)
        return None if line is None else json.loads(line)

    def add(self, result: JsonObject) -> None:
        """Add what has ended, durably."""
        with self._lock:
            self._lines[self._of(result)] = json.dumps(result, separators=(",", ":"))
            lines = "".join(f"{self._lines[key]}\n" for key in sorted(self._lines))
            open_folder(self._file.parent).write_whole(self._file.name, lines.encode())

    def _of(self, result: JsonObject) -> tuple[Any, ...]:
        return tuple(result[name] for name in self._key)
