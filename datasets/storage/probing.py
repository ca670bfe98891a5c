"""Whether a folder of the storage can be used as a search uses its storage, tried operation by operation."""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from datasets.errors import StorageError
from datasets.storage.folders import Folder

_PERMISSIONS = {
    "s3": {
        "write": "s3:PutObject",
        "read": "s3:GetObject",
        "list": "s3:ListBucket",
        "write once": "s3:PutObject",
        "delete": "s3:DeleteObject",
    },
    "gs": {
        "write": "storage.objects.create",
        "read": "storage.objects.get",
        "list": "storage.objects.list",
        "write once": "storage.objects.create",
        "delete": "storage.objects.delete",
    },
}
_SCHEMES = {"gcs": "gs"}
_DATA = b"galaxy doctor was here\n"


def probe(folder: Folder, name: str) -> dict[str, str]:
    """Try all that a search does in its storage; return what was refused, and why. The file ``name`` stays.

    Each operation is tried whatever came of those before. `permissions` tells what each needs.
    """
    faults: dict[str, str] = {}
    once = f"{name}.once"
    tries: dict[str, Callable[[], str | None]] = {
        "write": lambda: folder.write_whole(name, _DATA),
        "read": lambda: None if folder.read(name) == _DATA else "it gave something else than was written",
        "list": lambda: None if name in folder.names() else "a file that was written is not listed",
        "write once": lambda: _create_twice(folder, once),
        "delete": lambda: _delete(folder, once),
    }
    for operation, attempt in tries.items():
        try:
            fault = attempt()
        except FileNotFoundError:
            fault = "a file that was written is not there"
        except StorageError as error:
            fault = str(error)
        if fault is not None:
            faults[operation] = fault
    return faults


def permissions(uri: str) -> Mapping[str, str]:
    """Return the permission that each operation of `probe` needs in an object store; none for another kind of URI.

    Together they are enough for a search: S3's as actions of an IAM policy, ListBucket on the bucket and the others on
    its objects; those of Google Cloud Storage as an IAM role has them.
    """
    scheme = urlsplit(uri).scheme
    return _PERMISSIONS.get(_SCHEMES.get(scheme, scheme), {})


def _create_twice(folder: Folder, name: str) -> str | None:
    folder.delete(name)
    if not folder.create(name, _DATA):
        return "it was refused where there was no such file"
    return "a second write of the same file was taken, too" if folder.create(name, _DATA) else None


def _delete(folder: Folder, name: str) -> str | None:
    folder.delete(name)
    return "a file that was deleted is still there" if folder.exists(name) else None
