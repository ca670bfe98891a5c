"""Files on the local disk that are there whole or not at all, after a crash or a power cut too."""

import contextlib
import errno
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")

_PREFIX, _SUFFIX = ".writing-", ".tmp"
_CLAIM_SECONDS, _CLAIM_PAUSE = 10.0, 0.02
"""A claim lasts for a look and a rename; how long another's is waited for, and how often it is looked for."""
_STALE_TRIES = 3


def temporary_name() -> str:
    """Make a new name for a file that is not in its place yet."""
    return f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}"


def is_temporary(name: str) -> bool:
    """Say whether a name is one that ``temporary_name`` makes."""
    return name.startswith(_PREFIX) and name.endswith(_SUFFIX)


def sweep(directory: Path) -> None:
    """Delete what writers that were killed have left in ``directory``; nobody may be writing there."""
    for path in directory.glob(f"{_PREFIX}*{_SUFFIX}"):
        path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)


def replace_file(target: Path, data: bytes) -> None:
    """Write ``data`` at ``target``, where an older file stays until the new one is whole."""
    write_temporary(target.parent, data).replace(target)
    _flush_directory(target.parent)


def write_temporary(directory: Path, data: bytes) -> Path:
    """Write ``data`` to a new file in ``directory``, which is made if need be, down to the disk; return its path."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / temporary_name()
    try:
        with path.open("xb") as file:  # not tempfile's: those only their owner may read, and the storage is shared
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def create_file(target: Path, data: bytes) -> bool:
    """Write a file only if there is none at ``target``, and say whether it was written; exactly one of many succeeds.

    A whole file is linked into its place: unlike a rename this fails where the name is taken. It may be said to be
    taken by a server that has linked it already and whose answer was lost.
    """
    written = write_temporary(target.parent, data)
    try:
        target.hardlink_to(written)
    except FileExistsError:
        return _is_linked(written)
    except OSError:
        if not _is_linked(written):
            return _create_without_links(target, written)
    finally:
        written.unlink(missing_ok=True)
    _flush_directory(target.parent)
    return True


def _is_linked(written: Path) -> bool:
    with contextlib.suppress(OSError):
        return written.stat().st_nlink > 1
    return False


def _create_without_links(target: Path, written: Path) -> bool:
    """Move a whole file into its place where there is none, on file systems without hard links.

    One at a time looks and moves: who can make a folder beside the file, which is one step on every file system, as an
    exclusive opening is not. A killed one leaves that folder, which the next one moves out of the way.
    """
    claim = target.with_name(f"{_PREFIX}{target.name}{_SUFFIX}")
    began = time.monotonic()
    while not target.exists():
        try:
            claim.mkdir()
        except FileExistsError:
            if time.monotonic() - began > _CLAIM_SECONDS:
                _move_away(claim)
                began = time.monotonic()
            time.sleep(_CLAIM_PAUSE)
            continue
        try:
            if target.exists():
                return False
            written.replace(target)
        finally:
            with contextlib.suppress(FileNotFoundError):
                claim.rmdir()
        _flush_directory(target.parent)
        return True
    return False


def _move_away(claim: Path) -> None:
    """Remove a claim that nobody heeds any more; one of several does."""
    with contextlib.suppress(OSError):
        moved = claim.with_name(temporary_name())
        claim.rename(moved)
        moved.rmdir()


def asked_locally(call: Callable[[], Result]) -> Result:
    """Call, again at once where a server has forgotten the file that was open on it: it was replaced meanwhile."""
    for _ in range(_STALE_TRIES):
        try:
            return call()
        except OSError as error:
            if error.errno != errno.ESTALE:
                raise
    return call()


def _flush_directory(directory: Path) -> None:
    """Make a rename or link survive a power cut, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
