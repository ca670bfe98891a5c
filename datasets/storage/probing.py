"""Whether a folder of the storage can be used as a search uses its storage, tried operation by operation."""

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from datasets.errors import StorageError, reason_of
from datasets.storage.folders import Folder

_GOOGLES = {
    "write": "storage.objects.create",
    "read": "storage.objects.get",
    "list": "storage.objects.list",
    "write once": "storage.objects.create",
    "delete": "storage.objects.delete",
}
_AMAZONS = {
    "PutObject": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "GetObject": "s3:GetObject",
    "HeadObject": "s3:GetObject",
    "ListObjectsV2": "s3:ListBucket",
    "HeadBucket": "s3:ListBucket",
    "DeleteObject": "s3:DeleteObject",
    "DeleteObjects": "s3:DeleteObject",
}
"""What each request needs: ListBucket on the bucket, the others on its objects."""
_AMAZONS_WORDS = re.compile(r"AWS Error (\w+) during (\w+) operation")
_SHORT = re.compile(r"(\w+) at (\w+)")
_ABSENT = "a file that was written is not there"
_DATA = b"galaxy doctor was here\n"


def probe(folder: Folder, name: str) -> dict[str, str]:
    """Try all that a search does in its storage; return what was refused, and why. The file ``name`` stays.

    Each operation is tried whatever came of those before; `lacking` tells which permissions it was for.
    """
    faults: dict[str, str] = {}
    once = f"{name}.once"

    def attempt(operation: str, call: Callable[[], str | None]) -> None:
        try:
            fault = call()
        except FileNotFoundError:
            fault = _ABSENT
        except StorageError as error:
            fault = _reason(error)
        # That what could not be written is not there is no further fault.
        if fault is not None and not (fault == _ABSENT and "write" in faults):
            faults[operation] = fault

    attempt("write", lambda: folder.write_whole(name, _DATA))
    attempt("read", lambda: None if folder.read(name) == _DATA else "it gave something else than was written")
    attempt("list", lambda: None if name in folder.names() else _ABSENT)
    attempt("write once", lambda: _create_twice(folder, once))
    attempt("delete", lambda: _delete(folder, once))
    return faults


def permissions(uri: str) -> list[str]:
    """Return the permissions that are enough for a search in an object store; none for another kind of URI.

    S3's as actions of an IAM policy, Google's as an IAM role has them.
    """
    needed = {"s3": _AMAZONS, "gs": _GOOGLES, "gcs": _GOOGLES}.get(urlsplit(uri).scheme, {})
    return sorted({*needed.values()})


def lacking(uri: str, faults: Mapping[str, str]) -> list[str]:
    """Return the permissions that were lacking where `probe` found ``faults``; none where it was something else."""
    if urlsplit(uri).scheme == "s3":
        said = [found for fault in faults.values() if (found := _SHORT.fullmatch(fault))]
        if any(one[1] != "ACCESS_DENIED" for one in said):  # it does not know who asks
            return []
        return sorted({_AMAZONS[one[2]] for one in said if one[2] in _AMAZONS})
    denied = [operation for operation, fault in faults.items() if "PERMISSION_DENIED" in fault or "403" in fault]
    return sorted({_GOOGLES[operation] for operation in denied}) if permissions(uri) else []


def _reason(error: StorageError) -> str:
    """Say why, without the place, which whoever asked knows."""
    said = reason_of(error.__cause__) if isinstance(error.__cause__, OSError) else str(error)
    amazons = _AMAZONS_WORDS.search(said)
    return said if amazons is None else f"{amazons[1]} at {amazons[2]}"


def _create_twice(folder: Folder, name: str) -> str | None:
    folder.delete(name)
    if not folder.create(name, _DATA):
        return "it was refused where there was no such file"
    return "a second write of the same file was taken, too" if folder.create(name, _DATA) else None


def _delete(folder: Folder, name: str) -> str | None:
    folder.delete(name)
    return "a file that was deleted is still there" if folder.exists(name) else None
