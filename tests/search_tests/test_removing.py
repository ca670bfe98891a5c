"""Deleting and renaming searches, on each kind of storage, killed at any of its steps, and while something runs."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from search_tests.examples import ended, specification

from datasets import Folder, StorageError, is_empty, open_folder
from search import (
    DRIVERS,
    TRAINERS,
    Ledger,
    LedgerError,
    SearchLayout,
    SearchSettings,
    SettingsError,
    create_search,
    delete_search,
    driver_heartbeat,
    list_searches,
    read_search,
    rename_search,
    survey_searches,
)
from search.ledger import leaving, removing

FILES = ("checkpoints/0000/last.npz", "model/bundle.json")


@pytest.fixture(params=["local", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "runs") if request.param == "local" else request.getfixturevalue(request.param)


def write_search(storage: str, name: str = "first") -> SearchLayout:
    layout = SearchLayout.of(storage, name)
    create_search(layout, specification(SearchSettings(name=name, trials=4)))
    Ledger(layout).write_record(ended("0000", 0.5))
    for file in FILES:
        layout.root.write_whole(file, b"whatever")
    return layout


def names(storage: str) -> list[str]:
    return [view.name for view in list_searches(storage)]


class Killed(BaseException):
    """Ends a call as a kill would: nothing of its cleaning up reaches the storage."""


STEPS = ("write_whole", "write_again", "create", "delete", "delete_tree")


@contextmanager
def killed_at(step: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the process be as if it were killed before its ``step``-th change of the storage."""
    done = 0

    def counting(method: Callable[..., object]) -> Callable[..., object]:
        def change(*arguments: object, **options: object) -> object:
            nonlocal done
            done += 1
            if done >= step:
                raise Killed
            return method(*arguments, **options)

        return change

    with monkeypatch.context() as patch:
        for name in STEPS:
            patch.setattr(Folder, name, counting(getattr(Folder, name)))
        for function in ("copy_files", "empty_folder", "move_folder", "remove_folder"):
            patch.setattr(removing, function, counting(getattr(removing, function)))
        yield


def test_nothing_is_left_of_a_deleted_search(storage: str) -> None:
    layout = write_search(storage)
    write_search(storage, "second")
    delete_search(storage, "first")
    assert names(storage) == ["second"]
    assert survey_searches(storage).damaged == ()
    assert is_empty(layout.root)
    with pytest.raises(LedgerError, match=r"no search at .*: `galaxy searches --storage .*` lists"):
        delete_search(storage, "first")
    create_search(layout, specification(SearchSettings(name="first", trials=4)))
    assert read_search(storage, "first").rows == ()


@pytest.mark.parametrize("kind", ["local", "s3", "gcs"])
def test_a_renamed_search_has_all_that_it_had(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    storage = str(tmp_path / "runs") if kind == "local" else request.getfixturevalue(kind)
    before = read_search(storage, write_search(storage).name)
    rename_search(storage, "first", "better")
    assert names(storage) == ["better"]
    after = read_search(storage, "better")
    assert (after.name, after.rows, after.state) == ("better", before.rows, before.state)
    layout = SearchLayout.of(storage, "better")
    assert {layout.root.read(file) for file in FILES} == {b"whatever"}
    assert is_empty(SearchLayout.of(storage, "first").root)
    with driver_heartbeat(layout.root):  # it can be resumed
        pass
    write_search(storage, "first")
    assert names(storage) == ["better", "first"]


@pytest.mark.parametrize("begin", [delete_search, lambda storage, name: rename_search(storage, name, "better")])
def test_whatever_is_cut_off_goes_on_with_the_same_call(
    storage: str, begin: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    step, is_cut = 0, True
    while is_cut:
        step += 1
        write_search(storage)
        try:
            with killed_at(step, monkeypatch):
                begin(storage, "first")
            is_cut = False
        except Killed:
            survey = survey_searches(storage)
            for view in survey.views:  # what is a search is a whole one
                assert [row.trial_id for row in view.rows] == ["0000"]
                assert SearchLayout.of(storage, view.name).root.read("model/bundle.json") == b"whatever"
            for one in survey.damaged:
                assert "goes on with it" in one.reason
            if survey.damaged and not survey.views:
                with pytest.raises(LedgerError, match=r"exists already|something else"):
                    create_search(
                        SearchLayout.of(storage, survey.damaged[0].name), specification(SearchSettings(name="x"))
                    )
            if survey.damaged or "first" in names(storage):
                begin(storage, "first")
        assert is_empty(SearchLayout.of(storage, "first").root)
        assert names(storage) in ([], ["better"])
        assert survey_searches(storage).damaged == ()
        for name in names(storage):
            delete_search(storage, name)
    assert step > 3


def test_what_was_renamed_and_deleted_does_not_come_back_as_half_a_search(
    s3: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    step, is_cut = 0, True
    while is_cut:
        step += 1
        write_search(s3)
        try:
            with killed_at(step, monkeypatch):
                rename_search(s3, "first", "better")
            is_cut = False
        except Killed:
            if "better" not in names(s3):
                rename_search(s3, "first", "better")
        delete_search(s3, "better")
        with suppress(LedgerError):
            rename_search(s3, "first", "better")
        for name in names(s3):
            assert SearchLayout.of(s3, name).root.read("model/bundle.json") == b"whatever"
            assert [row.trial_id for row in read_search(s3, name).rows] == ["0000"]
            delete_search(s3, name)
        assert survey_searches(s3).damaged == ()


@pytest.mark.parametrize("drivers", [DRIVERS, TRAINERS])
def test_what_runs_is_neither_deleted_nor_renamed(storage: str, drivers: str) -> None:
    layout = write_search(storage)
    with driver_heartbeat(layout.root, drivers=drivers):
        for begin in (lambda: delete_search(storage, "first"), lambda: rename_search(storage, "first", "better")):
            with pytest.raises(LedgerError, match=r"search 'first' runs, process \d+ on "):
                begin()
        assert read_search(storage, "first").rows
        assert survey_searches(storage).damaged == ()


def test_who_begins_to_drive_at_the_same_moment_is_seen(storage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = write_search(storage)
    text, check, calls = layout.root.read("specification.json"), leaving.check_not_driven, [0]

    def late(*arguments: object, **options: str) -> None:
        calls[0] += 1
        if calls[0] < 3:
            return check(*arguments, **options)  # type: ignore[arg-type]
        with driver_heartbeat(layout.root):  # after the mark: this one sees it, or is seen
            with pytest.raises(LedgerError, match="is being deleted, or that was cut off"):
                leaving.check_staying(layout)
            return check(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(leaving, "check_not_driven", late)
    with pytest.raises(LedgerError, match="runs, process"):
        delete_search(storage, "first")
    assert layout.root.read("specification.json") == text


def test_a_name_that_is_taken_or_none_is_refused(storage: str) -> None:
    write_search(storage)
    write_search(storage, "second")
    open_folder(storage).child("notes").write_whole("a.txt", b"mine")
    for new, reason in (("second", "found a search of that name"), ("notes", "found something else")):
        with pytest.raises(LedgerError, match=reason):
            rename_search(storage, "first", new)
    for new in ("first", "../away", ".hidden"):
        with pytest.raises(SettingsError):
            rename_search(storage, "first", new)
    with pytest.raises(LedgerError, match="no search at"):
        rename_search(storage, "none", "other")
    assert names(storage) == ["first", "second"]
    assert survey_searches(storage).damaged == ()


def test_a_storage_that_refuses_leaves_the_search_as_it_was(storage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write_search(storage)

    def refuse(*_: object, **__: object) -> None:
        raise StorageError("cannot copy: access denied")

    for function in ("copy_files", "move_folder"):
        monkeypatch.setattr(removing, function, refuse)
    with pytest.raises(StorageError, match="access denied"):
        rename_search(storage, "first", "better")
    assert names(storage) == ["first"]
    assert survey_searches(storage).damaged == ()


def test_a_damaged_search_can_be_deleted_and_is_not_renamed(storage: str) -> None:
    layout = write_search(storage)
    layout.root.write_whole("specification.json", json.dumps({"format": "galaxy-tuner-search/9"}).encode())
    with pytest.raises(LedgerError, match="expected a specification"):
        rename_search(storage, "first", "better")
    delete_search(storage, "first")
    assert is_empty(layout.root)


def test_links_are_removed_and_what_they_lead_to_stays(tmp_path: Path) -> None:
    write_search(str(tmp_path / "elsewhere"))
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept.txt").write_text("kept")
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "first").symlink_to(tmp_path / "elsewhere" / "first")
    (tmp_path / "elsewhere" / "first" / "link").symlink_to(outside)
    delete_search(str(tmp_path / "runs"), "first")
    assert not (tmp_path / "runs" / "first").is_symlink()
    assert read_search(str(tmp_path / "elsewhere"), "first").state
    delete_search(str(tmp_path / "elsewhere"), "first")
    assert names(str(tmp_path / "elsewhere")) == []
    assert (outside / "kept.txt").exists()


def test_a_link_to_another_search_of_the_storage_goes_alone(tmp_path: Path) -> None:
    layout = write_search(str(tmp_path))
    text = layout.root.read("specification.json")
    (tmp_path / "alias").symlink_to("first")
    with driver_heartbeat(layout.root), pytest.raises(LedgerError, match=r"runs, process"):
        delete_search(str(tmp_path), "alias")
    delete_search(str(tmp_path), "alias")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first"]
    assert layout.root.read("specification.json") == text
    assert {layout.root.read(file) for file in FILES} == {b"whatever"}
