"""The end of a search's time: what is cut and recorded, and what is said."""

import contextlib
import math
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from cluster_tests.test_memory import Anywhere
from search_tests import examples
from search_tests.examples import ended
from search_tests.test_conductor import OBJECTIVE, space
from search_tests.test_time_budget import Clock

from cluster import OutOfTimeError, Where, resume_search, run_search
from cluster.driving import in_process, slots
from cluster.driving.alarm import alarmed
from cluster.driving.connection import shutdown_seconds
from cluster.driving.searcher import ConductorSearcher
from cluster.jobs import time_limit
from cluster.jobs.search import search_within
from cluster.jobs.training_in_process import train_in_process
from cluster.workers.deadline import Deadline
from cluster.workers.epoch_clock import EpochClock
from datasets import Dataset, open_folder
from search import (
    Conductor,
    Ledger,
    SearchLayout,
    SearchSettings,
    SearchState,
    SearchView,
    SettingsError,
    TimeBudget,
    TrialState,
    create_search,
    driver_heartbeat,
    make_oracle,
    read_specification,
)


def settings(**changes: object) -> SearchSettings:
    known = {"name": "first", "epochs": 50, "oracle": "random", "hypermodel": "my_models:tiny"}
    return SearchSettings.model_validate(known | {"scheduler": "none"} | changes)


class Sleeping:
    """A clock that begins to run with the first trial's first step: however busy the machine, that one begins."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._began: float | None = None
        real = in_process.TrialSession.step

        def step(session: in_process.TrialSession) -> object:
            self._began = self._began or time.monotonic()
            return real(session)

        monkeypatch.setattr(in_process.TrialSession, "step", step)

    def __call__(self) -> float:
        return 0.0 if self._began is None else time.monotonic() - self._began


def test_a_trial_is_cut_within_a_batch_and_keeps_what_its_epochs_gave(
    tiny_dataset: Dataset, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = count()
    monkeypatch.setattr(in_process.Deadline, "moving", lambda _: Deadline(end=30.0, clock=lambda: float(next(ticks))))
    view = run_search(tiny_dataset.info.path, settings(trials=2, time_limit=9e9), address="in-process")
    assert view.state is SearchState.FINISHED
    cut, unscored = view.rows
    assert (cut.state, unscored.state) == (TrialState.STOPPED, TrialState.STOPPED)
    assert 0 < cut.epochs < 50
    assert cut.reason == f"the time was up after {cut.epochs} epoch{'s' if cut.epochs > 1 else ''}"
    assert cut.score == max(cut.history["val_macro_f1_steady"])
    assert len(cut.history["val_macro_f1_steady"]) == cut.epochs
    assert (unscored.score, unscored.rank) == (None, None)
    assert unscored.reason == "the time was up after 0 epochs"
    # Longer, the oracle knows of both, and neither trains again.
    longer = resume_search("first", address="in-process", trials=3)
    stands = {row.trial_id: row.epochs for row in longer.rows}
    assert (stands.pop(cut.trial_id), stands.pop(unscored.trial_id)) == (cut.epochs, 0)
    assert len(stands) == 1


def test_a_search_ends_with_its_time_and_goes_on_with_more(
    tiny_dataset: Dataset, here: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(time_limit, "_IN_PROCESS_SECONDS", 1.0)
    layout = SearchLayout.of("runs", "first")
    budget = TimeBudget(5.0, layout=layout, clock=Sleeping(monkeypatch))
    view = search_within(budget, tiny_dataset.info.path, settings(time_limit=5.0), Where(address="in-process"))
    assert view.state is SearchState.FINISHED
    assert view.rows
    assert {row.state for row in view.rows} <= {TrialState.COMPLETED, TrialState.STOPPED}
    assert view.spent is not None
    spent = view.as_json()["time"]
    assert spent == {"limit": 5.0, "spent": view.spent, "left": view.left}
    again = resume_search("first", address="in-process")
    assert again.rows == view.rows
    assert "The time of search 'first', 5s, is used up: --time-limit, with more, lets it go on." in caplog.text
    with pytest.raises(SettingsError, match="--time-limit 4s: the search was to have 5s already"):
        resume_search("first", address="in-process", time_limit=4.0)
    longer = resume_search("first", address="in-process", time_limit=9e9, trials=len(view.rows) + 1)
    assert len(longer.rows) == len(view.rows) + 1
    assert longer.specification.settings.time_limit == 9e9


def test_a_part_of_the_time_that_gave_no_trial_a_score_goes_on_until_one_has(tiny_dataset: Dataset, here: Path) -> None:
    whole = TimeBudget(600.0, layout=SearchLayout.of("runs", "first"))
    seen: list[SearchView] = []
    where, short = Where(address="in-process"), settings(time_limit=0.001)
    view = search_within(whole.part(0.001), tiny_dataset.info.path, short, where, watch=seen.append)
    [row] = view.rows
    assert (row.state, row.epochs) == (TrialState.STOPPED, 1)
    assert row.score is not None
    assert seen[-1].limit == 600.0


def test_a_fitted_trial_trains_its_own_epochs_also_when_it_is_resumed(
    tiny_dataset: Dataset, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.conducting.timing.Timing.fitted", lambda timing, planned: 3)
    real, steps = in_process.TrialSession.step, count()

    def interrupted(session: in_process.TrialSession) -> object:
        if next(steps) == 2:
            raise KeyboardInterrupt
        return real(session)

    monkeypatch.setattr(in_process.TrialSession, "step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_search(tiny_dataset.info.path, settings(trials=1, time_limit=9e9), address="in-process")
    [row] = resume_search("first", address="in-process").rows
    assert (row.state, row.epochs, row.until) == (TrialState.COMPLETED, 3, 3)
    assert row.epoch_seconds is not None
    assert row.start_seconds is not None
    monkeypatch.undo()


def test_too_little_time_for_anything_is_said_before_anything_is_written(tiny_dataset: Dataset, here: Path) -> None:
    with pytest.raises(SettingsError, match=r"--time-limit 3s: it took \d+ s to start, and ending takes 3 s: give mo"):
        run_search(tiny_dataset.info.path, settings(time_limit=3.0), address="in-process")
    assert not (here / "runs" / "first").exists()


def conductor(tmp_path: Path, clock: Clock) -> Conductor:
    layout = SearchLayout(open_folder(tmp_path))
    specification = examples.specification(settings(time_limit=100.0))
    made: Conductor = Conductor.__new__(Conductor)
    made.specification, made.budget = specification, TimeBudget(100.0, clock=clock)
    made.out_of_time, made._records = False, {"0001": ended("0001", 0.5, epoch_seconds=30.0, start_seconds=5.0)}
    made._ledger = Ledger(layout)
    return made


def test_time_that_is_left_over_is_explained(tmp_path: Path) -> None:
    clock = Clock()
    made = conductor(tmp_path, clock)
    budget = made.budget
    clock.now += 75
    assert time_limit.left_over(made, budget) == "25 s of 1m40s are unused"
    made.out_of_time = True
    expected = "25 s of 1m40s are unused: no further trial could start, in 5 s, and finish an epoch, of 30 s"
    assert time_limit.left_over(made, budget) == expected
    made.out_of_time, made.specification = False, examples.specification(settings(time_limit=100.0, trials=2))
    made._records["0002"] = ended("0002", None, state=TrialState.STOPPED, epochs=0)
    assert time_limit.left_over(made, budget) == (
        "25 s of 1m40s are unused: 2 of 2 trials were tried, 1 of them stopped before they had a score: "
        "--retry stopped tries those again"
    )
    clock.now += 10
    made.budget = budget.short_of(20.0)  # all that trials had is used
    expected = "15 s of 1m40s are unused: they were kept for the end of the command"
    assert time_limit.left_over(made, budget) == expected
    clock.now += 6
    assert time_limit.left_over(made, budget) is None


def test_a_start_that_takes_all_the_time_is_refused_before_anything_is_written(
    tiny_dataset: Dataset, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()

    @contextlib.contextmanager
    def running(*_given: object) -> Iterator[None]:
        clock.now += 50  # as Ray and its nodes may
        yield

    monkeypatch.setattr("cluster.jobs.search.running", running)
    whole = TimeBudget(51.0, clock=clock)
    for budget in (whole, whole.part(20.0)):
        clock.now = 100.0
        with pytest.raises(SettingsError, match=r"--time-limit 51s: it took 50 s to start, and ending takes 3 s: give"):
            search_within(budget, tiny_dataset.info.path, settings(time_limit=51.0), Where(address="in-process"))
        assert not (here / "runs" / "first").exists()


def test_where_no_epoch_fits_it_is_said(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    budget = TimeBudget(600.0, already=8.0, clock=clock).part(100.0)
    time_limit.warn_if_none_fits(80.0, budget, "in-process")
    assert not caplog.messages
    time_limit.warn_if_none_fits(3_600.0, budget, "in-process")
    assert "An epoch of the defaults takes about 1h here, and 1m29s are left for trials: none may have" in caplog.text
    # A part goes on until a trial has a score.
    caplog.clear()
    budget.prolong(lambda: True)
    time_limit.warn_if_none_fits(300.0, budget, "in-process")
    assert not caplog.messages


def test_nothing_waits_for_a_storage_past_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, stopped = Clock(), []
    monkeypatch.setattr(time_limit, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(time_limit, "stop_waiting", lambda: stopped.append(clock.now))
    monkeypatch.setattr(time_limit, "is_waiting", lambda: True)
    for is_remote, at in ((False, 199.5), (True, 176.0)):
        clock.now = 100.0
        stopped.clear()
        with time_limit.waiting_ended(TimeBudget(100.0, clock=clock), is_remote=is_remote):
            time.sleep(0.05)
            clock.now = at
            time.sleep(0.05)
        assert set(stopped) == {at}
    # What is away at the end of a part may be back before that of the whole.
    clock.now = 100.0
    stopped.clear()
    part = TimeBudget(100.0, clock=clock).part(50.0)
    with time_limit.waiting_ended(part, is_remote=False):
        clock.now = 150.0
        time.sleep(0.05)
        assert not stopped
        clock.now = 199.5
        time.sleep(0.05)
    assert set(stopped) == {199.5}


def test_without_time_nothing_is_tried_again(tmp_path: Path) -> None:
    layout = SearchLayout(open_folder(tmp_path).child("first"))
    with (
        driver_heartbeat(layout.root) as place,
        pytest.raises(SettingsError, match=r"^--retry: the time of search 'first', 1m, is used up: --time-limit"),
    ):
        time_limit.end_without_trials(layout, settings(time_limit=60.0), place, retries=True)
    assert not layout.root.exists("state.json")


def test_what_looks_at_no_clock_is_left_in_its_middle() -> None:
    # Whatever a build catches, it is not this.
    with pytest.raises(OutOfTimeError), alarmed(0.3), contextlib.suppress(Exception):
        time.sleep(20)
    with alarmed(0.3):
        pass
    with alarmed(math.inf):
        time.sleep(0.01)


def test_a_finalist_in_the_middle_of_what_looks_at_no_clock_is_left_with_the_time(tmp_path: Path) -> None:
    heard: list[str] = []

    def train(*_given: object, **_options: object) -> None:
        time.sleep(20)

    training = SimpleNamespace(name="0001-b1", train=train)
    coming = SimpleNamespace(
        most=lambda _trials: 1,
        next=lambda: None if heard else training,
        left=lambda: -1.0,
        unwanted=lambda: heard.append("unwanted") or (),
    )
    given: Any = coming, examples.specification(settings()), None
    train_in_process(*given, hypermodel=None, work=open_folder(tmp_path))
    assert heard == ["unwanted"]


def test_trials_are_given_up_that_cannot_end_once_another_has_a_score(tmp_path: Path) -> None:
    layout, clock, scored = SearchLayout(open_folder(tmp_path).child("first")), Clock(), [False]
    create_search(layout, examples.specification(settings(trials=2, concurrency=2, hypermodel=None)))
    part = TimeBudget(100.0, clock=clock).part(50.0)
    part.prolong(lambda: not scored[0])
    oracle = make_oracle("random", hyperparameters=space(), objective=OBJECTIVE, max_trials=2, seed=7)
    made = Conductor.resumed(read_specification(layout), Ledger(layout), oracle, budget=part.short_of(10.0))
    searcher = ConductorSearcher(made, layout, is_ray_gone=lambda: False, places=Anywhere(2), late_seconds=0.0)
    config = searcher.suggest("ray-0")
    assert isinstance(config, dict)
    assert (round(config["deadline"]["left"]), round(config["deadline_scored"]["left"])) == (90, 40)
    clock.now += 60
    searcher.check()
    scored[0] = True
    with pytest.raises(OutOfTimeError):
        searcher.check()
    searcher.abandon(wait=False)
    with pytest.raises(RuntimeError, match="abandoned"):  # which ends Tune's loop
        searcher.suggest("ray-1")


def test_what_was_given_up_has_no_slot_and_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    removed: list[object] = []
    monkeypatch.setattr(slots, "ray", SimpleNamespace(is_initialized=lambda: True))
    monkeypatch.setattr(slots, "remove_placement_group", removed.append)
    places: Any = SimpleNamespace()
    held, group = slots.Slots(places), object()
    held._taken[cast(Any, group)] = slots._Asked(cast(Any, group), False, ())
    held.close()
    assert removed == [group]
    held.request_resources(cast(Any, None))
    assert held.get_resource_futures() == []


def test_a_ray_on_which_others_hold_all_is_said_once_and_once_that_it_is_over(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock, ready, carried = Clock(), [], [0]
    monkeypatch.setattr(slots, "time", SimpleNamespace(monotonic=clock))
    monkeypatch.setattr(slots, "ray", SimpleNamespace(wait=lambda *_given, **_options: (list(ready), None)))
    monkeypatch.setattr(slots, "_said", lambda _reference: "node")
    places: Any = SimpleNamespace(
        trials=lambda: carried[0],
        closed=lambda *, gpu: (),
        needs=SimpleNamespace(gpus=0.0, resources=lambda *, gpu: {}),
    )
    asking = slots.Slots(places)
    reference: Any = "asked"
    asking._asked[reference] = slots._Asked(cast(Any, "group"), False, ())

    def look(seconds: float) -> list[str]:
        for _ in range(2):
            clock.now += seconds / 2
            asking.update_state()
        return caplog.messages

    assert look(90) == []  # no node takes trials, which is said elsewhere
    carried[0] = 4
    assert look(20) == []
    said = "Nothing can begin: others on this Ray hold its CPUs, which are waited for."
    assert look(80) == look(900) == [said]
    ready.append(reference)
    assert look(1) == [said, "There is room on this Ray again: training begins."]
    # Beside trials that run nothing is said of those that wait.
    asking._asked["another"] = slots._Asked(cast(Any, "group"), False, ())  # type: ignore[index]
    ready.clear()
    assert look(900) == [said, "There is room on this Ray again: training begins."]


@pytest.mark.parametrize(("left", "waits"), [(30.0, 28.0), (2.0, 0.25), (0.0, 0.25)])
def test_the_end_of_ray_leaves_a_command_time_for_its_own(left: float, waits: float) -> None:
    assert shutdown_seconds(left) == waits


@pytest.mark.parametrize("tracing", [20.0, 1.0])
def test_an_epoch_is_told_from_the_start_of_its_trial(tracing: float) -> None:
    now = [100.0]
    clock = EpochClock(clock=lambda: now[0], began=90.0)

    def train(*parts: list[float]) -> None:
        with clock.epoch():
            for part, gaps in enumerate(parts):
                for gap in gaps:
                    now[0] += gap
                    clock.note_batch(part)
            now[0] += 2.0

    train([30.0, 2.0, 2.0], [1.0 + tracing, 1.0], [0.5 + tracing, 0.5, 0.5])
    # Three batches of two seconds, two of one, three of half a second, the checkpoint; the rest was the start.
    assert (clock.epoch_seconds, clock.start_seconds) == (11.5, 38.0 + 2 * tracing)
    train([2.0, 2.0, 3.0], [1.0, 1.0], [0.5, 0.5, 0.5])
    assert (clock.epoch_seconds, clock.start_seconds) == (12.5, 37.0 + 2 * tracing)
    with clock.epoch():  # what was trained before is reported
        now[0] += 1.0
    assert clock.epoch_seconds == 12.5


def test_of_a_single_batch_of_each_part_an_epoch_is_taken_for_longer_than_it_is() -> None:
    now = [0.0]
    clock = EpochClock(clock=lambda: now[0])
    with clock.epoch():
        for part, gap in enumerate((30.0, 3.0)):
            now[0] += gap
            clock.note_batch(part)
    assert clock.epoch_seconds == 6.0
