"""All that is below a folder of the storage at once: deleting it, moving it, copying it to another place there."""

import contextlib
import shutil
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from datasets.storage.folders import Folder, storage_errors
from datasets.storage.remote import ask, open_remote
from datasets.storage.remote_verbs import make_parent

if TYPE_CHECKING:  # importing a filesystem takes long
    from pyarrow.fs import FileSystem

# An object store takes tens of milliseconds for each answer, and gives many at once.
_AT_ONCE = 16


def empty_folder(folder: Folder, *, but: str) -> None:
    """Delete all that is in a folder, but the file called ``but``; a missing folder is fine.

    Raises StorageError where something cannot be deleted; what was deleted by then is.
    """
    with storage_errors("delete", folder.uri), contextlib.suppress(FileNotFoundError):
        if folder.local is not None:
            for path in folder.local.iterdir():
                if path.name != but:
                    _delete(path)
            return
        for name, is_file in _listed(folder, recursive=False):
            if name == but:
                continue
            if is_file:
                folder.delete(name)
            else:
                folder.child(name).delete_tree()


def is_empty(folder: Folder) -> bool:
    """Say whether there is no file in a folder, nor below it; on a local disk no empty folder either."""
    if folder.local is not None:
        return not folder.names()
    with storage_errors("list", folder.uri):
        return not any(is_file for _, is_file in _listed(folder, recursive=True))


def remove_folder(folder: Folder) -> None:
    """Remove an empty folder, or a link to one; one that is not empty, or not there, stays as it is."""
    if folder.local is not None:
        with contextlib.suppress(OSError):
            folder.local.unlink() if folder.local.is_symlink() else folder.local.rmdir()


def move_folder(folder: Folder, target: Folder) -> bool:
    """Give a folder another place, in one step, where there can be one: on a local disk. Say whether it was done.

    Raises StorageError where something is at ``target``.
    """
    if folder.local is None or target.local is None:
        return False
    with storage_errors("rename", folder.uri, absent_is_error=True):
        folder.local.rename(target.local)
    return True


def copy_files(folder: Folder, target: Folder, *, but: Collection[str]) -> None:
    """Copy all files below a folder of an object store to another place there; not what is called as in ``but``.

    The store copies by itself: nothing comes through this machine. Raises StorageError where that fails.
    """
    root, place = open_remote(folder.uri)[1], open_remote(target.uri)[1]

    def copy(name: str) -> None:
        def ask_for_it(filesystem: "FileSystem", _: str) -> None:
            make_parent(filesystem, target.uri, f"{place}/{name}")
            filesystem.copy_file(f"{root}/{name}", f"{place}/{name}")

        with storage_errors("copy", folder.child(name).uri, absent_is_error=True):
            ask(folder.uri, ask_for_it)

    with storage_errors("list", folder.uri):
        below = _listed(folder, recursive=True)
    names = [name for name, is_file in below if is_file and name.partition("/")[0] not in but]
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="copy") as pool:
        for _ in pool.map(copy, names):
            pass


def files_below(folder: Folder) -> list[str]:
    """Return the paths, below a folder of an object store, of all files in it, in any order; none where it is absent.

    Raises StorageError.
    """
    with storage_errors("list", folder.uri):
        return [name for name, is_file in _listed(folder, recursive=True) if is_file]


def _listed(folder: Folder, *, recursive: bool) -> list[tuple[str, bool]]:
    """Return the path, below ``folder``, of each file and folder in it, and whether it is a file."""
    from pyarrow.fs import FileSelector

    def ask_for_them(filesystem: "FileSystem", path: str) -> list[tuple[str, bool]]:
        found = filesystem.get_file_info(FileSelector(path, allow_not_found=True, recursive=recursive))
        return [(info.path.removeprefix(f"{path}/"), info.is_file) for info in found]

    return ask(folder.uri, ask_for_them)


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
