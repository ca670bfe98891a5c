"""Whose fault it is that a trial cannot go on: its own, or that of the machine that it is on."""

import errno

from datasets import GalaxyTunerError, StorageError
from trainer import one_line

# A full or failing disk, one that was made read-only, a shared one whose server is away.
_MACHINES = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ESTALE, errno.ENOTCONN, errno.EHOSTDOWN}


def is_machines(error: BaseException) -> bool:
    """Whether ``error``, or what it was raised from, is of a storage or a disk, whatever a trial's code did."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, StorageError) or (isinstance(cause, OSError) and cause.errno in _MACHINES):
            return True
        cause = cause.__cause__
    return False


def described(error: Exception) -> str:
    """Return one line on an error, with its kind where its own words may not say it."""
    return str(error) if isinstance(error, GalaxyTunerError) else one_line(error)
