"""What a file system that hosts share does differently, as a stub over a folder of this disk.

As NFS, SMB and sshfs have it, each somewhere: no hard links, an exclusive opening that does not exclude, listings that
are some seconds old until one writes into the folder oneself, opened files that a server has forgotten, and answers
that come late.
"""

import builtins
import errno
import io
import os
import random
import time
from pathlib import Path
from typing import Any

import pytest

_CACHED_SECONDS = 20.0


def share(monkeypatch: pytest.MonkeyPatch, root: Path, *, seed: int = 1) -> "SharedDisk":
    """Let all below ``root`` behave so until the test ends."""
    disk = SharedDisk(root, random.Random(seed))
    for owner, name in (
        (os, "link"),
        (os, "listdir"),
        (os, "replace"),
        (os, "rename"),
        (os, "unlink"),
        (os, "mkdir"),
        (io, "open"),
    ):
        monkeypatch.setattr(owner, name, disk.instead_of(name, getattr(owner, name)))
    return disk


class SharedDisk:
    """The stub. Attributes: ``stale``: how often a file that was open had been forgotten."""

    def __init__(self, root: Path, chance: random.Random) -> None:
        self._root, self._chance = str(root), chance
        self._listed: dict[str, tuple[float, list[str]]] = {}
        self._list = os.listdir
        self.stale = 0

    def instead_of(self, name: str, real: Any) -> Any:
        """Return what takes the place of a function that goes to the disk."""

        def call(*arguments: Any, **options: Any) -> Any:
            path = os.fspath(arguments[0]) if arguments and isinstance(arguments[0], str | os.PathLike) else ""
            if not path.startswith(self._root):
                return real(*arguments, **options)
            time.sleep(self._chance.random() * 0.002)
            return getattr(self, f"_{name}")(real, *arguments, **options)

        return call

    def _link(self, real: Any, *arguments: Any, **options: Any) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    def _open(self, real: Any, path: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if "r" in mode and self._chance.random() < 0.2:
            self.stale += 1
            raise OSError(errno.ESTALE, "Stale file handle")
        # Two clients may both be told that the file is new.
        return real(path, mode.replace("x", "w"), *arguments, **options)

    def _listdir(self, real: Any, path: Any) -> list[str]:
        key = os.fspath(path)
        before = self._listed.get(key)
        if before is None or time.monotonic() - before[0] > _CACHED_SECONDS:
            self._listed[key] = before = (time.monotonic(), real(path))
        return builtins.list(before[1])

    def _forget(self, path: Any) -> None:
        self._listed.pop(str(Path(path).parent), None)

    def _changing(self, real: Any, path: Any, *arguments: Any, **options: Any) -> Any:
        done = real(path, *arguments, **options)
        for changed in (path, *arguments[:1]):
            if isinstance(changed, str | os.PathLike):
                self._forget(changed)
        return done

    _replace = _rename = _unlink = _mkdir = _changing
