"""Folders of the storage: the same few verbs on a local disk and on an object store.

A reader never sees a half-written file. Locally a file is written beside its place, flushed to the disk and renamed;
on an object store it is one upload, which appears when it is complete. Nothing is ever appended to. The filesystems of
pyarrow, which read and write here what is remote, do neither of this on a local disk, nor do fsspec's.
"""

import contextlib
import errno
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from datasets.errors import StorageError, reason_of
from datasets.storage.conditional import create_object, is_conditional
from datasets.storage.patience import Result, patiently
from datasets.storage.remote import ask, open_remote, parts_of, uninterrupted, with_path
from datasets.storage.remote_verbs import (
    exists_remote,
    forget_parents,
    is_bucket,
    list_remote,
    make_parent,
    modified_remote,
    read_remote,
    size_remote,
)
from datasets.storage.whole_files import (
    asked_locally,
    create_file,
    is_temporary,
    replace_file,
    sweep,
    temporary_name,
    write_temporary,
)

if TYPE_CHECKING:  # importing a filesystem takes long
    from pyarrow.fs import FileSystem

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


@dataclass(frozen=True)
class Folder:
    """A directory of the storage, which need not exist yet. Equal folders have equal ``uri``; it pickles as that.

    Names are relative to the folder and may have several parts, separated by ``/``. Where the storage refuses, all
    methods raise StorageError, one line that names the place and the reason. They may be called from any thread.

    Attributes:
        uri: the absolute location: a plain path for the local disk, else a URI. ``open_folder(folder.uri) == folder``.
    """

    uri: str

    @property
    def local(self) -> Path | None:
        """The folder's path where it is on the local disk, else None."""
        return None if _SCHEME.match(self.uri) else Path(self.uri)

    @property
    def parent(self) -> "Folder":
        """The folder that this one is in."""
        if self.local is not None:
            return Folder(str(self.local.parent))
        parts = urlsplit(self.uri)
        return Folder(with_path(parts, parts.path.rpartition("/")[0]))

    def child(self, *names: str) -> "Folder":
        """Return the folder below this one that ``names`` lead to."""
        for name in names:
            if not stays_within(name):
                raise ValueError(f"a name within a folder must be relative and stay in it, got {name!r}")
        if self.local is not None:
            return Folder(str(self.local.joinpath(*names)))
        parts = urlsplit(self.uri)
        path = "/".join([parts.path.rstrip("/"), *(quote(name) for name in names)])
        return Folder(with_path(parts, path))

    def read(self, name: str, *, most: int | None = None) -> bytes:
        """Return a whole file, or its first ``most`` bytes. Raises FileNotFoundError where it is absent."""

        def read_locally(path: Path) -> bytes:
            if most is None:
                return path.read_bytes()
            with path.open("rb") as file:
                return file.read(most)

        return self._do("read", name, read_locally, lambda filesystem, path: read_remote(filesystem, path, most))

    def read_if_there(self, name: str) -> bytes | None:
        """Return a whole file, None where it is absent."""
        try:
            return self.read(name)
        except FileNotFoundError:
            return None

    def read_or_say(self, name: str) -> bytes | str:
        """Return the file that shows what kind of folder this is, or say what is here instead of such a folder."""
        if self.local is not None and self.local.is_file():
            return "a file"
        data = self.read_if_there(name)
        return data if data is not None else f"a folder without {name}" if self.exists() else "nothing"

    def write_whole(self, name: str, data: bytes) -> None:
        """Write a file whole or not at all, replacing an older one; makes the folders above it."""
        with storage_errors("write", self._uri(name), absent_is_error=True):
            self._do("write", name, lambda path: replace_file(path, data), self._uploading(data))

    def write_again(self, name: str, data: bytes) -> None:
        """Write a file as `write_whole` does, in a folder that was written to before.

        Raises StorageError where that is not there on a local disk: it has been deleted, or is not mounted any more.
        """

        def write(path: Path) -> None:
            if not path.parent.exists():
                raise OSError(errno.ENOTCONN, "its folder has gone: deleted, or unmounted?")
            replace_file(path, data)

        with storage_errors("write", self._uri(name), absent_is_error=True):
            self._do("write", name, write, self._uploading(data))

    def create(self, name: str, data: bytes) -> bool:
        """Write a file only if there is none of that name, and say whether it was written.

        Locally, on file systems that hosts share, and on S3 exactly one of several callers at the same time succeeds.
        Any other object store is asked first and then written to, so there several can: who needs to be the only one
        becomes the driver of a search first. What this call itself has written, before an answer was lost, counts as
        written.
        """
        is_again = False

        def once(write: Callable[[], bool]) -> bool:
            nonlocal is_again
            was_again, is_again = is_again, True
            return write() or (was_again and self.read_if_there(name) == data)

        def create_remotely(_filesystem: "FileSystem", _path: str) -> bool:
            if not is_conditional(self.uri) and ask(self._uri(name), exists_remote):
                return False
            created = uninterrupted(lambda: create_object(self._uri(name), data))
            if created is None:
                uninterrupted(lambda: ask(self._uri(name), self._uploading(data)))
            return created is not False

        with storage_errors("write", self._uri(name), absent_is_error=True):
            return self._do(
                "write",
                name,
                lambda path: once(lambda: create_file(path, data)),
                lambda filesystem, path: once(lambda: create_remotely(filesystem, path)),
            )

    def modified(self, name: str) -> float:
        """Return when a file was written, in seconds on the storage's own clock; raises FileNotFoundError."""
        return self._do("look up", name, lambda path: path.stat().st_mtime, modified_remote)

    def size(self, name: str) -> int:
        """Return the number of bytes of a file; raises FileNotFoundError."""
        return self._do("look up", name, lambda path: path.stat().st_size, size_remote)

    def names(self) -> list[str]:
        """List the base names of files and folders directly in this one, sorted; nothing where it is absent."""
        names: list[str] = []
        with contextlib.suppress(FileNotFoundError):
            names = self._do("list", "", os.listdir, list_remote)
        return sorted(name for name in names if not is_temporary(name))

    def exists(self, name: str = "") -> bool:
        """Say whether the file or folder ``name``, or with no name this folder, exists."""
        return self._do("look up", name, lambda path: path.exists(), exists_remote)

    def delete(self, name: str) -> None:
        """Delete a file; a missing one is fine."""

        def delete_remotely(filesystem: "FileSystem", path: str) -> None:
            if exists_remote(filesystem, path):
                filesystem.delete_file(path)

        with contextlib.suppress(FileNotFoundError):
            self._do("delete", name, lambda path: path.unlink(), delete_remotely)

    def sweep(self) -> None:
        """Delete the unfinished files of writers that were killed. Call it only where nobody else writes."""
        with storage_errors("delete", self.uri):
            if self.local is not None:  # an object store shows no unfinished files
                sweep(self.local)

    def delete_tree(self) -> None:
        """Delete this folder and all below it; a missing one is fine. Raises StorageError for a whole bucket."""

        def delete_remotely(filesystem: "FileSystem", path: str) -> None:
            if is_bucket(filesystem, path):
                raise StorageError(
                    f"cannot delete '{self.uri}': it is a whole bucket or container: name a folder in it, or delete it "
                    "by the store's own means"
                )
            forget_parents()
            if exists_remote(filesystem, path):
                filesystem.delete_dir(path)

        with contextlib.suppress(FileNotFoundError):
            self._do("delete", "", shutil.rmtree, delete_remotely)

    def check_writable(self) -> None:
        """Make this folder if need be and try to write in it. Raises StorageError where that fails."""
        probe = temporary_name()
        with storage_errors("write in", self.uri, absent_is_error=True):
            if self.local is None:
                uninterrupted(lambda: ask(self._uri(probe), self._uploading(b"probe")))
                self.delete(probe)
            else:
                write_temporary(self.local, b"probe").unlink()

    def _uri(self, name: str) -> str:
        return self.child(name).uri

    def _do(
        self,
        verb: str,
        name: str,
        locally: Callable[[Path], Result],
        remotely: Callable[["FileSystem", str], Result],
    ) -> Result:
        """Do one thing with the file ``name``, or with no name with the folder, wherever it lies."""
        where = self._uri(name) if name else self.uri
        with storage_errors(verb, where):
            if self.local is None:
                return patiently(where, lambda: ask(where, remotely))
            return patiently(where, lambda: asked_locally(lambda: locally(Path(where))))

    def _uploading(self, data: bytes) -> Callable[["FileSystem", str], None]:
        def upload(filesystem: "FileSystem", path: str) -> None:
            make_parent(filesystem, self.uri, path)
            with filesystem.open_output_stream(path) as stream:
                stream.write(data)

        return lambda filesystem, path: uninterrupted(lambda: upload(filesystem, path))


def stays_within(name: str) -> bool:
    """Say whether a name is one of a file or folder below another one."""
    return bool(name) and not name.startswith("/") and ".." not in name.split("/")


def open_folder(location: str | Path | Folder) -> Folder:
    """Open the folder at a path or URI (``s3://bucket/folder`` and the like); a Folder is returned as it is.

    Nothing is read or made.

    A plain path becomes absolute against the current directory, ``~`` included; links are kept as they are.
    Raises StorageError for an empty text, for a kind of URI that there is no filesystem for, and for a URI of which a
    part would be passed over.
    """
    if isinstance(location, Folder):
        return location
    text = str(location)
    if not text:
        raise StorageError("expected a path or a URI, found an empty text")
    if not _SCHEME.match(text):
        expanded = os.path.expanduser(text)  # noqa: PTH111 - leaves `~nobody` as it is
        return Folder(os.path.normpath(Path(expanded).absolute()))
    if text.lower().startswith("file://"):
        return _of_file_uri(text)
    open_remote(text)  # a secret, and an unknown kind, is said here, not at the first file
    parts = urlsplit(text)
    return Folder(with_path(parts, parts.path.rstrip("/")))


def _of_file_uri(uri: str) -> Folder:
    parts = parts_of(uri)
    if parts.netloc.lower() not in ("", "localhost") or not parts.path.startswith("/"):
        raise StorageError(
            f"cannot open the storage '{uri}': expected a whole path on this machine, as in file:///data/runs, "
            f"found {f'the host {parts.netloc!r}' if parts.netloc else 'none'}: give that, or the path alone"
        )
    if "?" in uri:
        raise StorageError(f"cannot open the storage '{uri}': a file has no options: in a name write %3F for '?'")
    return Folder(os.path.normpath(unquote(parts.path)))


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
        raise StorageError(f"cannot {verb} '{where}': {reason_of(error)}") from error
