"""Filesystems beyond the local disk, as pyarrow opens them by URI, and what is asked of one again."""

import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from datasets.errors import StorageError, reason_of
from datasets.storage.patience import is_patient

if TYPE_CHECKING:  # importing a filesystem takes long
    from pyarrow.fs import FileSystem

Result = TypeVar("Result")

_PAUSES = (0.5, 2.0)
"""Seconds before an operation is tried again."""
_PASSING = ("SLOW_DOWN", "INTERNAL_FAILURE", "SERVICE_UNAVAILABLE", "HTTP status 503", "NETWORK_CONNECTION")
"""How pyarrow names the faults of S3 that pass."""
_CONNECT_SECONDS, _ANSWER_SECONDS, _TRIES = 3.0, 8.0, 2
"""pyarrow itself asks S3 again, up to 30 times, for 99 s where a server takes connections and says nothing (measured,
pyarrow 26). What was asked that long ago must not happen now: who drives a search may be another by then."""
_GCS_SECONDS = 5.0
_OWN_THREAD = "galaxy-storage"
_WITH_PASSWORD = re.compile(r"://[^@/?:]*:(?!\d+(?:[/?]|$))[^@]*@")
"""A colon that stands before no port, and somewhere behind it an @."""
_LOST = re.compile(r"[#\t\r\n]")
"""What urllib takes for the end of a path, or leaves out of one."""
_SECRETS = ("key", "token", "secret", "password", "signature")
"""In the names of what a URI gives behind its question mark."""


def ask(uri: str, action: Callable[["FileSystem", str], Result]) -> Result:
    """Call ``action`` with the pyarrow filesystem of a URI and the path in it, again after a passing fault.

    Not where this process is `patient`, which has each try looked at. Raises what ``action`` raised last.
    """
    filesystem, path = open_remote(uri)
    for pause in () if is_patient() else _PAUSES:
        try:
            return action(filesystem, path)
        except OSError as error:
            if not any(name in str(error) for name in _PASSING):
                raise
            time.sleep(pause)
    return action(filesystem, path)


def uninterrupted(call: Callable[[], Result]) -> Result:
    """Call in a thread of its own, which nobody ends; what falls into the one that asks goes on when it has ended.

    Ctrl-C and SIGTERM fall into the main thread, and who runs something in another one may end that (`cluster` does,
    where Ray has gone away). A stream that is left so is closed as one that is complete: the file would be there, cut
    short.
    """
    if threading.current_thread().name.startswith(_OWN_THREAD):
        return call()
    answer: Future[Result] = Future()

    def answered() -> None:
        try:
            answer.set_result(call())
        except BaseException as error:
            answer.set_exception(error)

    # Not a pool's: for that the interpreter waits as it exits, and then it starts none any more.
    other = threading.Thread(target=answered, name=_OWN_THREAD, daemon=True)
    other.start()
    try:
        return answer.result()
    finally:
        other.join()


def open_remote(uri: str) -> tuple["FileSystem", str]:
    """Return the pyarrow filesystem of a URI and the path in it. Raises StorageError for an unknown kind of URI."""
    if tells_secret(uri):
        raise StorageError(
            f"'{uri.partition('://')[0]}://…': expected no key, token or password in a URI, which records, models and "
            "messages would keep: give them in the environment, for S3 as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    parts = parts_of(uri)
    filesystem, root = _filesystem(root_of(uri))
    return filesystem, "/".join(part for part in (root, unquote(parts.path).strip("/")) if part)


def parts_of(uri: str) -> SplitResult:
    """Return the parts of a URI. Raises StorageError for one that is none, or names another place than it seems to."""
    if lost := _LOST.search(uri):
        raise StorageError(
            f"cannot open the storage {uri!r}: nothing behind a {lost[0]!r} counts in a URI: in a name write "
            f"{quote(lost[0])} for it"
        )
    try:
        return urlsplit(uri)
    except ValueError as error:
        raise StorageError(
            f"cannot open the storage '{uri}', expected a path or s3://bucket/folder: {error}"
        ) from error


def root_of(uri: str) -> str:
    """Return a URI without its path."""
    return with_path(urlsplit(uri), "/")


def options_of(filesystem: "FileSystem") -> dict[str, Any]:
    """Return what a filesystem of an object store was made with: it is pickled as that."""
    options: dict[str, Any] = filesystem.__reduce__()[1][0]
    return dict(options)


def with_path(parts: SplitResult, path: str) -> str:
    """Put a URI together with another path; unlike urllib's this keeps the ``//`` of a URI without a host."""
    return f"{parts.scheme}://{parts.netloc}{path}" + (f"?{parts.query}" if parts.query else "")


def tells_secret(uri: str) -> bool:
    """Say whether a URI has a password, key or token in it, which whatever keeps or shows the URI would tell."""
    names = [name.lower() for name, _ in parse_qsl(uri.partition("?")[2])]
    # A secret key may have a slash in it, at which the host seems to end, and a proxy its own user.
    with_password = _WITH_PASSWORD.search(uri) is not None
    return with_password or any(name == "sig" or any(word in name for word in _SECRETS) for name in names)


@lru_cache(maxsize=32)
def _filesystem(root_uri: str) -> tuple["FileSystem", str]:
    """Open the filesystem of a URI without a path, once a process: connecting is slow. Returns it and its root."""
    from pyarrow.fs import FileSystem

    try:
        filesystem, root = FileSystem.from_uri(_with_defaults(root_uri))
    except (OSError, ValueError) as error:
        raise StorageError(
            f"cannot open the storage '{root_uri}', expected a path or s3://bucket/folder or the like: "
            f"{reason_of(error)}"
        ) from error
    return _asking_briefly(filesystem), root.rstrip("/")


def _with_defaults(uri: str) -> str:
    """Have pyarrow write a small S3 file by one PUT, not by three requests, and ask Google's store no quarter hour."""
    defaults = {"s3": "allow_delayed_open=true", "gs": f"retry_limit_seconds={_GCS_SECONDS:.0f}"}
    default = defaults.get(urlsplit(uri).scheme.replace("gcs", "gs"))
    if default is None or default.partition("=")[0] + "=" in uri:
        return uri
    return uri + ("&" if "?" in uri else "?") + default


def _asking_briefly(filesystem: "FileSystem") -> "FileSystem":
    """Bound how long S3 is asked: no URI can say that."""
    from pyarrow.fs import AwsStandardS3RetryStrategy, S3FileSystem

    if filesystem.type_name != "s3":
        return filesystem
    options = options_of(filesystem) | {"connect_timeout": _CONNECT_SECONDS, "request_timeout": _ANSWER_SECONDS}
    return S3FileSystem(**options, retry_strategy=AwsStandardS3RetryStrategy(max_attempts=_TRIES))
