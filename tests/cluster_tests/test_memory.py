"""Workers that are lost or ended for want of memory: what becomes of their trials."""

import os
import signal
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
from cluster.driving.again import Again
from cluster.driving.callback import TrialCallback
from cluster.driving.searcher import ConductorSearcher
from cluster.errors import NoMemoryError
from cluster.nodes.memory import memory_kills
from cluster.workers.memory_notes import MemoryNotes, Note, Usage
from cluster.workers.trainable import FORGIVEN, HELD, WAITING, TrialActor, as_result, memory_folder
from datasets import Dataset, open_folder
from search import Conductor, Ledger, Record, SearchLayout, SearchSettings, SearchView, TrialState, create_search
from search.testing.kinds import small

LOST = "Failure # 1 (occurred at 2026-01-01_00-00-00)\nThe actor died unexpectedly before finishing this task.\n"
ERROR = OutOfMemoryError("1 worker(s) were killed due to the node running low on memory. 15 of 16 GiB\nAnd more\n")
KILLED = f"Failure # 2 (occurred at 2026-01-01_00-00-01)\n{ray_internals._as_lost(ERROR, None, at_start=False)}\n"


@pytest.fixture
def layout(tmp_path: Path) -> SearchLayout:
    layout = SearchLayout(open_folder(tmp_path / "first"))
    create_search(layout, specification(SearchSettings(name="first", trials=4)))
    return layout


class Anywhere:
    """Stands for the nodes: they carry as many trials as ``most``, and nothing happens to them."""

    def __init__(self, most: int = 1) -> None:
        self.most = most

    def trials(self) -> int:
        return self.most

    def is_leaving(self, node: str | None) -> bool:
        return False

    def is_lost(self, node: str | None) -> bool:
        return False

    def raise_if_nobody(self) -> None:
        pass


@pytest.fixture
def searcher(layout: SearchLayout) -> ConductorSearcher:
    return made_searcher(layout)


def made_searcher(layout: SearchLayout, *, cut: bool = False, places: Any = None) -> ConductorSearcher:
    from search import read_specification

    conductor = Conductor.resumed(read_specification(layout), Ledger(layout), made("random", small()))
    return ConductorSearcher(
        conductor,
        layout,
        is_ray_gone=lambda: cut,
        places=places or Anywhere(),
        resuming="`galaxy resume first`",
    )


class Tune:
    """Stands for Ray Tune's loop: it hands out one trial after another, whose workers are lost."""

    def __init__(self, searcher: ConductorSearcher, folder: Path) -> None:
        self.searcher, self._folder = searcher, folder
        self._callback: Any = TrialCallback(searcher)
        self.given: list[dict[str, Any]] = []

    def begin(self) -> str | None:
        """Ask for a trial; return the oracle's id of it, None where there is none."""
        config = self.searcher.suggest(f"ray-{len(self.given)}")
        if not isinstance(config, dict):
            return config
        self.given.append(config)
        self._callback.on_trial_start(1, [], self._trial(""))
        return str(config["trial"])

    def lose(self, text: str) -> None:
        self.searcher.on_trial_complete(f"ray-{len(self.given) - 1}", error=True)
        self._callback.on_trial_error(1, [], self._trial(text))

    def report(self, record: Record, **more: object) -> None:
        result = as_result(record) | {"declared": "[]"} | more
        self.searcher.on_trial_result(f"ray-{len(self.given) - 1}", result)

    def _trial(self, text: str) -> Any:
        (self._folder / "error.txt").write_text(text)
        return SimpleNamespace(
            trial_id=f"ray-{len(self.given) - 1}",
            config=self.given[-1],
            error_file=self._folder / "error.txt",
            storage=SimpleNamespace(trial_working_directory=str(self._folder / "working")),
        )


@pytest.fixture
def clock(searcher: ConductorSearcher) -> list[float]:
    now = [0.0]
    searcher._again = Again(most_failures=2, command="`galaxy resume first`", clock=lambda: now[0])
    return now


@pytest.fixture
def tune(searcher: ConductorSearcher, tmp_path: Path) -> Tune:
    return Tune(searcher, tmp_path)


def leave_note(tmp_path: Path, *, kills: int) -> None:
    """Leave the note of a worker of trial 0000 that is gone."""
    usage = Usage(at=0, own=1, others=1, limit=10, beside=0)
    gone = Note(pid=2**22 + 1, started=1, is_waiting=False, since=0, kills=kills, usage=usage)
    MemoryNotes(memory_folder(tmp_path / "working")).write("0000", gone)


@pytest.mark.parametrize("by", ["Ray", "the system"])
def test_a_trial_ended_for_memory_goes_on_after_a_pause_however_often(
    by: str, tune: Tune, layout: SearchLayout, tmp_path: Path, clock: list[float]
) -> None:
    for number in range(9):
        assert tune.begin() == "0000"
        assert tune.given[-1]["ended_for_memory"] is (number > 0)
        if by == "the system":
            leave_note(tmp_path, kills=memory_kills() - 1)
        tune.lose(LOST + KILLED if by == "Ray" else LOST)
        assert tune.begin() is None  # meanwhile no other one begins, which would need the memory, too
        clock[0] += 40
    assert tune.begin() == "0000"
    tune.searcher.close()
    assert not Ledger(layout).record("0000").state.is_ended()


def test_a_trial_whose_worker_was_lost_otherwise_goes_on_at_once_and_fails_after_so_many(
    tune: Tune, layout: SearchLayout
) -> None:
    for _ in range(3):
        assert tune.begin() == "0000"
        tune.lose(KILLED + LOST)
    assert tune.begin() == "0001"
    tune.searcher.close()
    record = Ledger(layout).record("0000")
    assert (record.state, record.reason) == (
        TrialState.FAILED,
        "The actor died unexpectedly before finishing this task.",
    )


def test_a_loss_that_the_next_worker_explains_is_no_failure(tune: Tune, layout: SearchLayout) -> None:
    for _ in range(9):
        assert tune.begin() == "0000"
        # On another node: the driver cannot know, and the worker finds the note there.
        tune.report(Ledger(layout).record("0000"), **{FORGIVEN: True})
        tune.lose(LOST)
    tune.searcher.close()
    assert not Ledger(layout).record("0000").state.is_ended()


def test_a_worker_says_at_once_why_the_last_one_was_lost_and_only_then_begins(
    tune: Tune, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tune.begin()
    tune.searcher.close()
    leave_note(tmp_path, kills=memory_kills() - 1)
    monkeypatch.setattr(TrialActor, "_setup_logdir", lambda actor: setattr(actor, "_logdir", tmp_path / "working"))
    before = signal.getsignal(signal.SIGTERM)
    try:
        actor = TrialActor(tune.given[0])
        first = actor.step()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert (first[FORGIVEN], first[WAITING], first["done"]) == (True, True, False)
    assert actor._session is None
    assert actor.reset_config(tune.given[0])  # a scheduler could have stopped it there
    assert MemoryNotes(memory_folder(tmp_path / "working")).read("0000") is None


def test_a_trial_that_waits_says_so_and_the_search_ends_where_it_can_only_wait(
    tune: Tune, layout: SearchLayout
) -> None:
    tune.begin()
    waiting = Ledger(layout).record("0000").but(reason="waits for memory: others use it")
    tune.report(waiting, **{WAITING: True, HELD: False})
    tune.searcher.check()
    tune.report(waiting, **{WAITING: True, HELD: True})
    with pytest.raises(
        NoMemoryError, match=r"0000 waits for memory: others use it: end .*; `galaxy resume first` goes"
    ):
        tune.searcher.check()
    tune.searcher.close()
    record = Ledger(layout).record("0000")
    assert (record.reason, record.state.is_ended()) == ("waits for memory: others use it", False)


def test_while_others_run_nothing_is_given_up_until_each_is_held(layout: SearchLayout, tmp_path: Path) -> None:
    tune = Tune(made_searcher(layout, places=Anywhere(most=2)), tmp_path)
    tune.begin()
    tune.report(Ledger(layout).record("0000"), **{WAITING: True})
    tune.begin()
    tune.report(Ledger(layout).record("0001").but(reason="waits"), **{WAITING: True, HELD: True})
    tune.searcher.check()
    first = as_result(Ledger(layout).record("0000").but(reason="waits, too")) | {WAITING: True, HELD: True}
    tune.searcher.on_trial_result("ray-0", first)
    with pytest.raises(NoMemoryError, match="waits, too"):
        tune.searcher.check()
    tune.searcher.close()


def test_workers_that_are_ended_before_they_begin_end_the_search_in_the_end(tune: Tune, clock: list[float]) -> None:
    for _ in range(24):
        assert tune.begin() == "0000"
        tune.lose(KILLED)
        tune.searcher.check()
        clock[0] += 40
    assert clock[0] > 600  # who begins has been found to be too large by then
    tune.begin()
    tune.lose(KILLED)
    with pytest.raises(
        NoMemoryError, match=r"0000: each of its workers is ended for want of memory: end other programs"
    ):
        tune.searcher.check()
    tune.searcher.close()


def test_a_trial_that_waits_is_left_when_the_search_is_stopped(tune: Tune, layout: SearchLayout) -> None:
    tune.begin()
    result = as_result(Ledger(layout).record("0000")) | {WAITING: True, HELD: False}
    assert not tune.searcher.should_stop("ray-0", result)
    tune.searcher._conductor.stop()
    assert tune.searcher.should_stop("ray-0", result)
    tune.searcher.on_trial_complete("ray-0", result)
    assert tune.begin() == tune.searcher.FINISHED
    tune.searcher.close()
    assert not Ledger(layout).record("0000").state.is_ended()


@pytest.mark.parametrize("cut", [True, False], ids=["Ray has gone", "Ray lives"])
def test_a_worker_lost_with_all_of_ray_is_no_failure(cut: bool, layout: SearchLayout, tmp_path: Path) -> None:
    tune = Tune(made_searcher(layout, cut=cut), tmp_path)
    for _ in range(3):
        tune.begin()
        tune.lose(LOST)
    tune.searcher.close()
    assert Ledger(layout).record("0000").state.is_ended() is not cut


def test_what_tune_tells_an_abandoned_search_is_not_written(
    tune: Tune, layout: SearchLayout, clock: list[float]
) -> None:
    for _ in range(2):
        tune.begin()
        tune.lose(LOST)
    tune.begin()
    tune.searcher.abandon()
    with pytest.raises(RuntimeError):
        tune.lose(LOST)
    assert not Ledger(layout).record("0000").state.is_ended()


@pytest.fixture
def points(here: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, int]]]:
    """Have Ray's memory monitor, and a control group of 64 MiB where one can be made; give what they are to end."""
    total, used = get_system_memory(), get_used_memory()
    # As much as there is, up to 8 GiB: with less the trials wait for what runs beside this test.
    room = min(int((0.8 * total - used) / 2**30), 8)
    if room < 3:
        pytest.skip("needs 4 GiB of free memory")
    monkeypatch.setenv("RAY_memory_usage_threshold", f"{(used + room * 2**30) / total:.4f}")
    (here / "hog").write_text(str(4 * room + 1))
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
def test_trials_whose_workers_ray_and_the_system_end_for_memory_that_others_took_go_on(
    points: list[dict[str, int]], tiny_dataset: Dataset, here: Path
) -> None:
    seen: list[SearchView] = []
    asked = settings(trials=len(points), epochs=1, concurrency=1, max_failures=0, points=points)
    asked = asked.model_copy(update={"hypermodel": "my_models:beside_others"})
    view = run_search(tiny_dataset.info.path, asked, watch=seen.append)
    assert {row.state for row in view.rows} == {TrialState.COMPLETED}, [row.reason for row in view.rows]
    assert {row.reason for row in view.rows} == {None}
    said = {row.reason for look in seen for row in look.rows if not row.state.is_ended()}
    assert any(str(reason).startswith("waits for memory: its worker ") for reason in said), said
    # Each was begun twice.
    assert sorted(units for _, units in built(here) if units != "2") == sorted(
        2 * [str(one["units"]) for one in points]
    )
