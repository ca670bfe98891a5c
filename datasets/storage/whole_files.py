"""Files on the local disk that are there whole or not at all, after a crash or a power cut too."""

import contextlib
import os
import secrets
from pathlib import Path

_PREFIX, _SUFFIX = ".writing-", ".tmp"


def temporary_name() -> str:
    """Make a new name for a file that is not in its place yet."""
    return f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}"


def is_temporary(name: str) -> bool:
    """Say whether a name is one that ``temporary_name`` makes."""
    return name.startswith(_PREFIX) and name.endswith(_SUFFIX)


def sweep(directory: Path) -> None:
    """Delete what writers that were killed have left in ``directory``; nobody may be writing there."""
    for path in directory.glob(f"{_PREFIX}*{_SUFFIX}"):
        path.unlink(missing_ok=True)


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

    A whole file is linked into its place: unlike a rename this fails where the name is taken.
    """
    written = write_temporary(target.parent, data)
    try:
        target.hardlink_to(written)
    except FileExistsError:
        return False
    except OSError:
        return _create_without_links(target, data)
    finally:
        written.unlink(missing_ok=True)
    _flush_directory(target.parent)
    return True


def _create_without_links(target: Path, data: bytes) -> bool:
    """Create exclusively on filesystems without hard links; there a crash can leave a file that is not whole."""
    try:
        with target.open("xb") as file:
            file.write(data)
    except FileExistsError:
        return False
    return True


def _flush_directory(directory: Path) -> None:
    """Make a rename or link survive a power cut, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
