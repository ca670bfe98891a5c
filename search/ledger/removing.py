"""Deleting a search, and giving it another name, on any storage; what was cut off goes on with the same call."""

import contextlib

from datasets import Folder, GalaxyTunerError, copy_files, empty_folder, is_empty, move_folder, remove_folder
from search.errors import LedgerError, SettingsError
from search.layout import DRIVERS, SPECIFICATION, TRAINERS, SearchLayout
from search.ledger.leaving import Mark, check_idle, leave, mark_at, read_mark
from search.ledger.specification import absent, is_taken, read_specification

_OF_THE_PLACE = (SPECIFICATION, DRIVERS, TRAINERS)
"""What is not copied: who drove the search where it was drives none where it is now."""


def delete_search(storage: str, name: str) -> None:
    """Delete the search called ``name`` with all that it has, its model, too; one that is damaged likewise.

    What is cut off in the middle is no search any more, keeps its name, and the same call goes on with it. Raises
    LedgerError, and touches nothing, if there is none or something of it runs; StorageError where something of it
    cannot be deleted. Of a link on a local disk the link alone goes: what it leads to may be another search.
    """
    layout = SearchLayout.of(storage, name)
    before = layout.root.read_if_there(SPECIFICATION)
    if before is None:
        raise absent(layout)
    if layout.root.local is not None and layout.root.local.is_symlink():
        check_idle(layout)
        remove_folder(layout.root)
        return
    leave(layout, Mark(name=name), before)
    _remove(layout.root)


def rename_search(storage: str, name: str, new: str) -> None:
    """Call the search called ``name`` ``new`` from now on; all that it has moves with it.

    On a local disk that is one step. An object store copies, and the old one goes as the new one is whole: what is cut
    off in the middle goes on with the same call. Commands that its model's card gives make it again under the name that
    it had. Raises LedgerError, and leaves all as it was, if there is none, something of it runs, or ``new`` is taken;
    SettingsError for a name that cannot be one.
    """
    old, target = SearchLayout.of(storage, name), SearchLayout.of(storage, new)
    if name == new:
        raise SettingsError(f"expected another name for search {name!r}, found the same")
    mark, there = mark_at(old), mark_at(target)
    data = old.root.read_if_there(SPECIFICATION)
    if data is None and there is not None and there.specification and (there.name, there.new) == (name, new):
        # It had been moved, and its specification is still to come back.
        target.root.write_whole(SPECIFICATION, there.specification.encode())
        return
    if data is None:
        raise absent(old)
    if mark == Mark(name=name, new=new):
        _remove(old.root)  # all of it had been copied
        return
    if mark is None or mark.specification is None:
        read_specification(old)  # what is damaged, or half deleted, is not renamed
    text = data.decode() if mark is None or mark.specification is None else mark.specification
    if old.root.local is None:
        _rename_by_copying(old, target, text, data)
    else:
        _rename_at_once(old, target, text, data)


def _rename_at_once(old: SearchLayout, target: SearchLayout, text: str, before: bytes) -> None:
    if not is_empty(target.root):
        raise _in_the_way(target)
    leave(old, Mark(name=old.name, new=target.name, specification=text), before)
    try:
        move_folder(old.root, target.root)
    except Exception:
        with contextlib.suppress(GalaxyTunerError):
            old.root.write_again(SPECIFICATION, text.encode())
        raise
    target.root.write_whole(SPECIFICATION, text.encode())


def _rename_by_copying(old: SearchLayout, target: SearchLayout, text: str, before: bytes) -> None:
    claim = Mark(name=old.name, new=target.name)
    if read_mark(before) is None or target.root.read_if_there(SPECIFICATION) != text.encode():
        _claim(target, claim)
        try:
            leave(old, Mark(name=old.name, new=target.name, specification=text), before)
            empty_folder(target.root, but=SPECIFICATION)
            copy_files(old.root, target.root, but=_OF_THE_PLACE)
        except Exception:  # nothing else would ever let the old one be a search again
            with contextlib.suppress(GalaxyTunerError):
                old.root.write_whole(SPECIFICATION, text.encode())
                _remove(target.root)
            raise
        target.root.write_whole(SPECIFICATION, text.encode())
    # What is half deleted is never copied again, whatever becomes of the new one meanwhile.
    old.root.write_whole(SPECIFICATION, claim.data)
    _remove(old.root)


def _claim(target: SearchLayout, claim: Mark) -> None:
    """Take the new name. Raises LedgerError if it is taken, but by this renaming, which was cut off."""
    if not is_taken(target) and not is_empty(target.root):
        raise _in_the_way(target)
    is_ours = target.root.create(SPECIFICATION, claim.data)
    if not is_ours and mark_at(target) != claim:
        raise _in_the_way(target)


def _in_the_way(target: SearchLayout) -> LedgerError:
    found = "a search of that name" if is_taken(target) else "something else"
    return LedgerError(f"{target.root.uri}: expected nothing there yet, found {found}: choose another name")


def _remove(root: Folder) -> None:
    """Delete all of a search; what says that it is none any more goes last."""
    empty_folder(root, but=SPECIFICATION)
    root.delete(SPECIFICATION)
    remove_folder(root)
