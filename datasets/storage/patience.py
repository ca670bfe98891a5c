"""Waiting for a storage that is away, slow, full or read-only for a while.

That is a fault of the cluster, which passes, or which somebody mends: whoever is in the middle of long work waits, and
asks again. A command that has just begun is told at once. Only what says that a file is absent, is there, or can never
be written is an answer; all else may pass. A process that the storage has never let in is told at once that it may not,
as with a wrong key: one that it has let in waits for its permission, too, as that is lost with credentials that expire.
"""

import contextlib
import errno
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from datasets.errors import StorageError, reason_of

Result = TypeVar("Result")

PATIENCE_SECONDS = 600.0
_PAUSES = (0.5, 1.0, 2.0, 5.0)
"""Seconds before something is tried again; the last one from then on."""
_SAID_AFTER_SECONDS = 3.0
_ANSWERS = frozenset(
    {errno.ENOENT, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.EINVAL, errno.ENAMETOOLONG, errno.ELOOP}
)
_FORBIDDEN = re.compile(
    r"ACCESS_DENIED|INVALID_ACCESS_KEY_ID|SIGNATURE_DOES_NOT_MATCH|PERMISSION_DENIED|UNAUTHENTICATED"
    r"|\((AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch)\)|HTTP status 40[13]"
)
_NEVER = re.compile(r"NO_SUCH_BUCKET|\(NoSuchBucket\)|Bucket '[^']*' not found")
"""Nobody makes a bucket again in time, and what was in it is gone."""
_AWS = re.compile(r"AWS Error (\w+) during \w+ operation: (?:curlCode: \d+, )?([^;]*)")
_log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Patience:
    seconds: float
    root: str
    check: Callable[[], None]

    def may_go_on(self, where: str) -> None:
        if where.startswith(self.root.partition("?")[0]):
            self.check()


_patient: list[_Patience] = []
_here = threading.local()
# When those calls began of which was said that they wait: the first says so, the last that it is over.
_waiting: list[float] = []
_lock = threading.Lock()
# The stores that have let this process in.
_let_in: set[str] = set()


@contextlib.contextmanager
def patient(
    seconds: float = PATIENCE_SECONDS, *, root: str = "", check: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """While the block runs, let every thread wait so long for a storage that refuses; blocks may overlap.

    Before something below ``root`` is tried again ``check`` is called: what it raises ends the waiting.
    """
    one = _Patience(seconds, root, check)
    _patient.append(one)
    try:
        yield
    finally:
        _patient.remove(one)


def stop_waiting() -> None:
    """Let nothing wait any more that waits in a block of `patient`: what it waits for is needed no longer."""
    for one in [*_patient]:
        one.seconds = 0.0


def is_patient() -> bool:
    """Whether anything in this process waits for the storage, or would."""
    return bool(_patient)


def is_waiting() -> bool:
    """Whether something waits for a storage that is away, and that was said."""
    return bool(_waiting)


@contextlib.contextmanager
def impatient() -> Iterator[None]:
    """While the block runs, let this thread wait for nothing."""
    before, _here.impatient = getattr(_here, "impatient", False), True
    try:
        yield
    finally:
        _here.impatient = before


def patiently(where: str, call: Callable[[], Result]) -> Result:
    """Call, and where this process is `patient` call again after a fault of the storage; raises what was raised last.

    One line says that the storage is waited for, and one that it is back.
    """
    began, tries, said = time.monotonic(), 0, False
    try:
        while True:
            try:
                result = call()
                _let_in.add(_store(where))
                break
            except OSError as error:
                waited, seconds = time.monotonic() - began, _patience()
                if not _may_pass(error, where) or waited >= seconds:
                    raise
                if waited >= _SAID_AFTER_SECONDS and not said:
                    said = True
                    minutes = f"{seconds / 60:.0f} minutes"
                    _begin_waiting(
                        began, f"The storage refuses ({_in_short(error)}): waiting for it, up to {minutes}: '{where}'."
                    )
            time.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
            tries += 1
            for one in [*_patient]:
                one.may_go_on(where)
    except BaseException:
        if said:
            _waiting.remove(began)
        raise
    if said:
        _end_waiting(began)
    return result


def _in_short(error: OSError) -> str:
    """Return what an error says, without the words that pyarrow and what it builds on put around it."""
    said = reason_of(error)
    if found := _AWS.search(said):
        return f"{found[1]}: {found[2]}"
    return said.partition(" error_info")[0]


def _begin_waiting(began: float, line: str) -> None:
    with _lock:
        is_first = not _waiting
        _waiting.append(began)
    if is_first:
        _log.warning("%s", line)


def _end_waiting(began: float) -> None:
    with _lock:
        first = min(_waiting)
        _waiting.remove(began)
        is_last = not _waiting
    if is_last:
        _log.warning("The storage answers again, after %.0f s: nothing is lost.", time.monotonic() - first)


def is_away(error: StorageError) -> bool:
    """Whether the storage did not answer, as against one that has said what it thinks of a file."""
    cause = error.__cause__
    return isinstance(cause, OSError) and not _is_answer(cause) and not _is_forbidden(cause)


def _may_pass(error: OSError, where: str) -> bool:
    return not _is_answer(error) and (not _is_forbidden(error) or _store(where) in _let_in)


def _is_answer(error: OSError) -> bool:
    is_known = isinstance(error, FileNotFoundError | FileExistsError) or error.errno in _ANSWERS
    return is_known or _NEVER.search(str(error)) is not None


def _is_forbidden(error: OSError) -> bool:
    return isinstance(error, PermissionError) or _FORBIDDEN.search(str(error)) is not None


def _store(where: str) -> str:
    """Return the bucket, or of a path the first two folders: what is mounted mostly is so there."""
    scheme, colon, rest = where.partition("://")
    return f"{scheme}://{rest.partition('/')[0].partition('?')[0]}" if colon else "/".join(where.split("/")[:3])


def _patience() -> float:
    if getattr(_here, "impatient", False):
        return 0.0
    return max((one.seconds for one in [*_patient]), default=0.0)
