"""A worker that is ended for want of memory, by Ray or by the system: its trial is infeasible, and not tried again."""

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cluster_tests.test_launch import built, settings
from ray._common.utils import get_system_memory
from ray._private.utils import get_used_memory
from ray.exceptions import OutOfMemoryError
from search_tests.examples import specification
from search_tests.oracle_driving import made

from cluster import run_search
from cluster.driving import ray_internals
from cluster.driving.searcher import ConductorSearcher, TrialCallback
from cluster.workers import memory
from cluster.workers.memory import OUT_OF_MEMORY, Attempt
from cluster.workers.trainable import TrialActor
from cluster.workers.trial import TrialSession
from datasets import Dataset, FormatError, open_folder
from search import Conductor, Ledger, SearchLayout, SearchSettings, TrialState, create_search
from search.testing.kinds import small

LOST = "Failure # 1 (occurred at 2026-01-01_00-00-00)\nThe actor died unexpectedly before finishing this task.\n"
ERROR = OutOfMemoryError("1 worker(s) were killed due to the node running low on memory. 15 of 16 GiB\nAnd more\n")
KILLED = f"Failure # 2 (occurred at 2026-01-01_00-00-01)\n{ray_internals._as_lost(ERROR)}\n"


@pytest.fixture
def layout(tmp_path: Path) -> SearchLayout:
    layout = SearchLayout(open_folder(tmp_path / "first"))
    create_search(layout, specification(SearchSettings(name="first", trials=4)))
    return layout


@pytest.fixture
def searcher(layout: SearchLayout) -> ConductorSearcher:
    return made_searcher(layout)


def made_searcher(layout: SearchLayout, *, cut: bool = False) -> ConductorSearcher:
    from search import read_specification

    conductor = Conductor.resumed(read_specification(layout), Ledger(layout), made("random", small()))
    return ConductorSearcher(conductor, layout, is_ray_gone=lambda: cut)


def failed(text: str, folder: Path) -> Any:
    (folder / "error.txt").write_text(text)
    return SimpleNamespace(
        trial_id="ray-id",
        error_file=folder / "error.txt",
        storage=SimpleNamespace(trial_working_directory=str(folder)),
    )


@pytest.mark.parametrize("again", [True, False], ids=["to be tried again", "given up"])
def test_a_memory_kill_is_infeasible(
    again: bool, searcher: ConductorSearcher, layout: SearchLayout, tmp_path: Path
) -> None:
    searcher.suggest("ray-id")
    callback: Any = TrialCallback(searcher)
    callback.on_trial_start(1, [], failed("", tmp_path))
    (callback.on_trial_recover if again else callback.on_trial_error)(1, [], failed(LOST + KILLED, tmp_path))
    # Durable at once: where Tune starts the trial again, it gives this record and trains nothing.
    record = Ledger(layout).record("0000")
    assert record.state is TrialState.INFEASIBLE
    assert "out of memory: 1 worker(s) were killed due to the node running low on memory." in str(record.reason)
    assert TrialSession(layout.root.uri, "0000").step() == record
    callback.on_trial_start(2, [], failed("", tmp_path))
    callback.on_trial_recover(3, [], failed(LOST + KILLED, tmp_path))
    searcher.on_trial_complete("ray-id", {"record": record.model_dump_json(), "declared": "[]"})
    searcher.close()


@pytest.mark.parametrize("again", [True, False], ids=["to be tried again", "given up"])
def test_a_kill_by_the_system_on_the_drivers_node_is_infeasible(
    again: bool, searcher: ConductorSearcher, layout: SearchLayout, tmp_path: Path
) -> None:
    searcher.suggest("ray-id")
    Attempt(tmp_path, lambda: memory.memory_kills() - 1).begin()
    callback: Any = TrialCallback(searcher)
    (callback.on_trial_recover if again else callback.on_trial_error)(1, [], failed(LOST, tmp_path))
    record = Ledger(layout).record("0000")
    assert (record.state, record.reason) == (TrialState.INFEASIBLE, OUT_OF_MEMORY)
    searcher.close()


def test_a_kill_by_the_system_on_another_node_is_found_by_the_next_worker_there(
    searcher: ConductorSearcher, layout: SearchLayout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ray.tune.trainable.trainable.DEFAULT_STORAGE_PATH", str(tmp_path))
    worker = TrialActor(searcher.suggest("ray-id"))
    with pytest.raises(FormatError, match=r"/data/gz\.galaxy"):  # the dataset: no fault of the trial
        worker.step()
    assert not list(Path(worker.logdir).iterdir())
    worker.reset_config(worker.config)
    Attempt(Path(worker.logdir), lambda: memory.memory_kills() - 1).begin()
    result = worker.step()
    assert result["done"]
    searcher.on_trial_complete("ray-id", result)
    searcher.close()
    assert str(Ledger(layout).record("0000").reason) == OUT_OF_MEMORY


@pytest.mark.parametrize("text", [KILLED + LOST, KILLED], ids=["an earlier one for memory", "before it began"])
def test_a_worker_lost_otherwise_is_tried_again(
    text: str, searcher: ConductorSearcher, layout: SearchLayout, tmp_path: Path
) -> None:
    searcher.suggest("ray-id")
    callback: Any = TrialCallback(searcher)
    if text != KILLED:
        callback.on_trial_start(1, [], failed("", tmp_path))
    callback.on_trial_recover(1, [], failed(text, tmp_path))
    searcher.close()
    assert not Ledger(layout).record("0000").state.is_ended()


def test_the_reason_of_a_failure_is_the_last_that_ray_said(
    searcher: ConductorSearcher, layout: SearchLayout, tmp_path: Path
) -> None:
    searcher.suggest("ray-id")
    TrialCallback(searcher).on_trial_error(1, [], failed(KILLED + LOST, tmp_path))
    searcher.close()
    assert Ledger(layout).record("0000").reason == "The actor died unexpectedly before finishing this task."


@pytest.mark.parametrize("cut", [True, False], ids=["Ray has gone", "Ray lives"])
def test_a_worker_lost_with_all_of_ray_is_no_failure(cut: bool, layout: SearchLayout, tmp_path: Path) -> None:
    searcher = made_searcher(layout, cut=cut)
    searcher.suggest("ray-id")
    TrialCallback(searcher).on_trial_error(1, [], failed(LOST, tmp_path))
    searcher.close()
    assert Ledger(layout).record("0000").state.is_ended() is not cut


def test_what_tune_tells_an_abandoned_search_is_not_written(
    searcher: ConductorSearcher, layout: SearchLayout, tmp_path: Path
) -> None:
    searcher.suggest("ray-id")
    searcher.abandon()
    with pytest.raises(RuntimeError):
        TrialCallback(searcher).on_trial_error(1, [], failed(LOST, tmp_path))
    assert not Ledger(layout).record("0000").state.is_ended()


@pytest.mark.parametrize("ended", [False, True], ids=["lost", "raised"])
@pytest.mark.parametrize("kills", [7, 8], ids=["none killed", "one killed"])
def test_an_attempt_was_killed_if_it_never_ended_and_the_system_killed_since(
    kills: int, ended: bool, tmp_path: Path
) -> None:
    assert not Attempt(tmp_path, lambda: 7).was_killed()
    Attempt(tmp_path, lambda: 7).begin()
    if ended:
        Attempt(tmp_path).end()
    assert Attempt(tmp_path, lambda: kills).was_killed() is (kills == 8 and not ended)


def test_a_note_that_was_cut_off_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "memory-kills").touch()
    assert not Attempt(tmp_path, lambda: 1).was_killed()


def test_kills_are_those_of_the_own_control_group_else_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    group, system = tmp_path / "memory.events", tmp_path / "vmstat"
    monkeypatch.setattr(memory, "_group_events", lambda: [group])
    monkeypatch.setattr(memory, "_WHOLE_SYSTEM", system)
    assert memory.memory_kills() == 0
    system.write_text("nr_free_pages 12\noom_kill 5\nhtlb_buddy_alloc_success 0\n")
    assert memory.memory_kills() == 5
    group.write_text("low 0\noom 4\noom_kill 3\noom_group_kill 1\n")
    assert memory.memory_kills() == 3


@pytest.fixture
def points(here: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, int]]]:
    """Have Ray's memory monitor, and a control group of 64 MiB where one can be made; give what they are to end."""
    total = get_system_memory()
    threshold = (get_used_memory() + 3 * 2**30) / total
    if threshold > 0.8:
        pytest.skip("needs 4 GiB of free memory")
    monkeypatch.setenv("RAY_memory_usage_threshold", f"{threshold:.4f}")
    group = Path("/sys/fs/cgroup/memory", f"galaxy-tuner-{os.getpid()}")
    try:
        group.mkdir()
    except OSError:  # not root, or control groups of version 2
        yield [{"units": 40}]
        return
    (group / "memory.limit_in_bytes").write_text(str(64 * 2**20))
    (here / "group").write_text(str(group))
    yield [{"units": 40}, {"units": 30}]
    group.rmdir()


@pytest.mark.slow
def test_workers_that_ray_and_the_system_end_for_want_of_memory(
    points: list[dict[str, int]], tiny_dataset: Dataset, here: Path
) -> None:
    view = run_search(
        tiny_dataset.info.path,
        settings(trials=len(points), epochs=1, concurrency=1, hypermodel="my_models:devouring", points=points),
    )
    reasons = {row.hyperparameters["units"]: str(row.reason) for row in view.rows}
    assert {row.state for row in view.rows} == {TrialState.INFEASIBLE}, reasons
    assert reasons[40].startswith("out of memory: 1 worker(s) were killed due to the node running low on memory.")
    assert reasons.get(30, OUT_OF_MEMORY) == OUT_OF_MEMORY
    # None was tried again.
    assert sorted(units for _, units in built(here) if units != "2") == sorted(str(one["units"]) for one in points)
