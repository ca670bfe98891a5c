"""Filesystems beyond the local disk, as pyarrow opens them by URI, and what is asked of one again."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from datasets.errors import StorageError, first_line

if TYPE_CHECKING:  # importing a filesystem takes long
    from pyarrow.fs import FileSystem

Result = TypeVar("Result")

_PAUSES = (0.5, 2.0)
"""Seconds before an operation is tried again."""
_PASSING = ("SLOW_DOWN", "INTERNAL_FAILURE", "SERVICE_UNAVAILABLE", "HTTP status 503")
"""How pyarrow names the faults that pass. It asks S3 again by itself, 30 times in 6 s, after a lost connection and most
5xx answers (measured, pyarrow 26); not after a refused read of a file smaller than the refusal, and a busy store may
want more time. Where no server answers those 6 s are enough."""


def ask(uri: str, action: Callable[["FileSystem", str], Result]) -> Result:
    """Call ``action`` with the pyarrow filesystem of a URI and the path in it, again after a passing fault.

    Raises what ``action`` raised last.
    """
    filesystem, path = open_remote(uri)
    for pause in _PAUSES:
        try:
            return action(filesystem, path)
        except OSError as error:
            if not any(name in str(error) for name in _PASSING):
                raise
            time.sleep(pause)
    return action(filesystem, path)


def uninterrupted(call: Callable[[], Result]) -> Result:
    """Call in another thread than the main one, into which Ctrl-C and SIGTERM fall; those go on when it has ended.

    A stream that an interruption leaves is closed as one that is complete: the file would be there, cut short.
    """
    if threading.current_thread() is not threading.main_thread():
        return call()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="storage") as other:
        return other.submit(call).result()


def open_remote(uri: str) -> tuple["FileSystem", str]:
    """Return the pyarrow filesystem of a URI and the path in it. Raises StorageError for an unknown kind of URI."""
    parts = urlsplit(uri)
    filesystem, root = _filesystem(with_path(parts, "/"))
    return filesystem, "/".join(part for part in (root, unquote(parts.path).strip("/")) if part)


def with_path(parts: SplitResult, path: str) -> str:
    """Put a URI together with another path; unlike urllib's this keeps the ``//`` of a URI without a host."""
    return f"{parts.scheme}://{parts.netloc}{path}" + (f"?{parts.query}" if parts.query else "")


def reason_of(error: Exception) -> str:
    """Return the first line of what an error says, without its number."""
    return (error.strerror if isinstance(error, OSError) else None) or first_line(error)


@lru_cache(maxsize=32)
def _filesystem(root_uri: str) -> tuple["FileSystem", str]:
    """Open the filesystem of a URI without a path, once a process: connecting is slow. Returns it and its root."""
    from pyarrow.fs import FileSystem

    try:
        filesystem, root = FileSystem.from_uri(_in_one_request(root_uri))
    except (OSError, ValueError) as error:
        raise StorageError(
            f"cannot open the storage '{root_uri}', expected a path or s3://bucket/folder or the like: "
            f"{reason_of(error)}"
        ) from error
    return filesystem, root.rstrip("/")


def _in_one_request(uri: str) -> str:
    """Have pyarrow write a small S3 file by one PUT, where it otherwise takes three requests for any."""
    if not uri.startswith("s3://") or "allow_delayed_open=" in uri:
        return uri
    return uri + ("&" if "?" in uri else "?") + "allow_delayed_open=true"
