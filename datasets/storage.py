"""Folders of the storage: the same few verbs on a local disk and on an object store.

A reader never sees a half-written file. Locally a file is written beside its place, flushed to the disk and renamed;
on an object store it is one upload, which appears when it is complete. Nothing is ever appended to.
"""

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlsplit

from datasets.errors import StorageError
from datasets.whole_files import create_file, is_temporary, replace_file, temporary_name, write_temporary

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_WITHOUT_FOLDERS = frozenset({"s3", "gs", "gcs", "abfs", "abfss"})
"""Object stores: a folder is only a part of a key there, so none is made."""


@dataclass(frozen=True)
class Folder:
    """A directory of the storage, which need not exist yet. Equal folders have equal ``uri``; it pickles as that.

    Names are relative to the folder and may have several parts, parted by ``/``. All methods raise StorageError, with
    one line that names the place and the reason, where the storage refuses. Methods may be called from any thread.

    Attributes:
        uri: the absolute location: a plain path for the local disk, else a URI. ``open_folder(folder.uri) == folder``.
    """

    uri: str

    @property
    def local(self) -> Path | None:
        """The folder's path where it is on the local disk, else None."""
        return None if _SCHEME.match(self.uri) else Path(self.uri)

    def child(self, *names: str) -> "Folder":
        """Return the folder below this one that ``names`` lead to."""
        for name in names:
            _check_name(name)
        if self.local is not None:
            return Folder(str(self.local.joinpath(*names)))
        parts = urlsplit(self.uri)
        path = "/".join([parts.path.rstrip("/"), *(quote(name) for name in names)])
        return Folder(_unsplit(parts, path))

    def read(self, name: str) -> bytes:
        """Return a whole file. Raises FileNotFoundError where it is absent."""
        with storage_errors("read", self.child(name).uri):
            if self.local is not None:
                return (self.local / name).read_bytes()
            filesystem, path = self._remote(name)
            with filesystem.open_input_stream(path) as stream:
                return bytes(stream.read())

    def write_whole(self, name: str, data: bytes) -> None:
        """Write a file whole or not at all, replacing an older one; makes the folders above it."""
        with storage_errors("write", self.child(name).uri, absent_is_error=True):
            if self.local is None:
                self._upload(name, data)
            else:
                replace_file(self.local / name, data)

    def create(self, name: str, data: bytes) -> bool:
        """Write a file only if there is none of that name, and say whether it was written.

        Locally exactly one of several callers at the same time succeeds. An object store is asked first and then
        written to, so there two callers within that moment can both succeed.
        """
        with storage_errors("write", self.child(name).uri, absent_is_error=True):
            if self.local is not None:
                return create_file(self.local / name, data)
            if self.exists(name):
                return False
            self._upload(name, data)
            return True

    def names(self) -> list[str]:
        """List the base names of files and folders directly in this one, sorted; nothing where it is absent."""
        found: list[str] = []
        with storage_errors("list", self.uri):
            if self.local is None:
                from pyarrow.fs import FileSelector

                filesystem, path = self._remote()
                found = [info.base_name for info in filesystem.get_file_info(FileSelector(path, allow_not_found=True))]
            else:
                with contextlib.suppress(FileNotFoundError):
                    found = [path.name for path in self.local.iterdir()]
        return sorted(name for name in found if not is_temporary(name))

    def exists(self, name: str = "") -> bool:
        """Say whether the file or folder ``name``, or with no name this folder, exists."""
        with storage_errors("look up", self._where(name)):
            if self.local is not None:
                return (self.local / name).exists()
            from pyarrow.fs import FileType

            filesystem, path = self._remote(name)
            return bool(filesystem.get_file_info(path).type != FileType.NotFound)

    def delete(self, name: str) -> None:
        """Delete a file; a missing one is fine."""
        with storage_errors("delete", self.child(name).uri), contextlib.suppress(FileNotFoundError):
            if self.local is not None:
                (self.local / name).unlink()
            elif self.exists(name):
                filesystem, path = self._remote(name)
                filesystem.delete_file(path)

    def delete_tree(self) -> None:
        """Delete this folder and all below it; a missing one is fine."""
        with storage_errors("delete", self.uri), contextlib.suppress(FileNotFoundError):
            if self.local is not None:
                shutil.rmtree(self.local)
            elif self.exists():
                filesystem, path = self._remote()
                filesystem.delete_dir(path)

    def check_writable(self) -> None:
        """Make this folder if need be and try to write in it. Raises StorageError where that fails."""
        probe = temporary_name()
        with storage_errors("write in", self.uri, absent_is_error=True):
            if self.local is None:
                self._upload(probe, b"probe")
                self.delete(probe)
            else:
                write_temporary(self.local, b"probe").unlink()

    def _where(self, name: str) -> str:
        return self.child(name).uri if name else self.uri

    def _remote(self, name: str = "") -> tuple[Any, str]:
        return _open_remote(self._where(name))

    def _upload(self, name: str, data: bytes) -> None:
        filesystem, path = self._remote(name)
        if urlsplit(self.uri).scheme not in _WITHOUT_FOLDERS:
            filesystem.create_dir(path.rpartition("/")[0], recursive=True)
        with filesystem.open_output_stream(path) as stream:
            stream.write(data)


def open_folder(location: str | Path) -> Folder:
    """Open the folder at a path or URI (``s3://bucket/folder`` and the like); nothing is read or made.

    A plain path becomes absolute against the current directory, ``~`` included; links are kept as they are.
    Raises StorageError for a kind of URI that there is no filesystem for.
    """
    text = str(location)
    if not _SCHEME.match(text):
        return Folder(os.path.normpath(Path(text).expanduser().absolute()))
    if text.lower().startswith("file://"):
        return Folder(os.path.normpath(unquote(urlsplit(text).path)))
    parts = urlsplit(text)
    _open_remote(text)  # an unknown kind is said here, not at the first file
    return Folder(_unsplit(parts, parts.path.rstrip("/")))


@contextlib.contextmanager
def storage_errors(verb: str, where: object, *, absent_is_error: bool = False) -> Iterator[None]:
    """Turn an OSError into StorageError ``cannot <verb> '<where>': <reason>``.

    FileNotFoundError passes unchanged unless ``absent_is_error``.
    """
    try:
        yield
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not absent_is_error:
            raise
        raise StorageError(f"cannot {verb} '{where}': {_reason(error)}") from error


def _reason(error: Exception) -> str:
    text = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return text.strip().splitlines()[0]


def _check_name(name: str) -> str:
    if not name or name.startswith("/") or ".." in name.split("/"):
        raise ValueError(f"a name within a folder must be relative and stay in it, got {name!r}")
    return name


def _unsplit(parts: SplitResult, path: str) -> str:
    """Put a URI together with another path; unlike urllib's this keeps the ``//`` of a URI without a host."""
    return f"{parts.scheme}://{parts.netloc}{path}" + (f"?{parts.query}" if parts.query else "")


def _open_remote(uri: str) -> tuple[Any, str]:
    """Return the pyarrow filesystem of a URI and the path in it."""
    parts = urlsplit(uri)
    filesystem, root = _filesystem(_unsplit(parts, "/"))
    return filesystem, "/".join(part for part in (root, unquote(parts.path).strip("/")) if part)


@lru_cache(maxsize=32)
def _filesystem(root_uri: str) -> tuple[Any, str]:
    """Open the filesystem of a URI without a path, once a process: a connection is dear. Returns it and its root."""
    from pyarrow.fs import FileSystem

    try:
        filesystem, root = FileSystem.from_uri(root_uri)
    except (OSError, ValueError) as error:
        raise StorageError(
            f"cannot open the storage '{root_uri}', expected a path or s3://bucket/folder or the like: {_reason(error)}"
        ) from error
    return filesystem, root.rstrip("/")
