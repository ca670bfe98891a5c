"""Finals on a simulated machine: what is trained within the time, and what becomes of what is not. Nothing trains."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from search_tests import examples

from cluster.jobs import final_bundle, final_run, outlook
from cluster.jobs.bundling import Bundle, Bundling, beginnings_of
from cluster.jobs.final_bundle import kept_bundle
from cluster.jobs.final_run import FinalRun
from cluster.jobs.settings import TrainSettings, commands
from cluster.workers.final_beginning import FinalBeginning
from datasets import Folder, open_folder
from search import (
    Cost,
    EndedBeginning,
    Finalist,
    Finals,
    FinalsStanding,
    SearchLayout,
    SearchSettings,
    TimeBudget,
    begin_finals,
    measured_costs,
)
from trainer import BundleError, FinalResult, InfeasibleError
from trainer.final.answers import of_length

NAMES = ("defaults", "0001", "0002", "0003")
EPOCHS = 10
SPECIFICATION = examples.specification(SearchSettings(name="first", seed=7))
MEANS = {"defaults": 0.7, "0001": 0.8, "0002": 0.75, "0003": 0.65}


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Machine:
    """Trains what is coming on so many slots, ``slower`` times slower than forecast, a second a step.

    What an earlier run has begun is half done.
    """

    clock: Clock
    work: Folder
    slots: int = 1
    slower: float = 1.0
    slow: tuple[str, ...] = ()
    infeasible: tuple[str, ...] = ()
    infeasible_from: int = 1000
    longest: int = EPOCHS
    bundle_seconds: float = 4.0
    killed_at: float = float("inf")
    left: list[str] = field(default_factory=list)
    standings: list[FinalsStanding] = field(default_factory=list)
    kept: list[Finals] = field(default_factory=list)
    bundles: list[Bundle] = field(default_factory=list)

    def seconds(self, training: FinalBeginning) -> float:
        return self.slower * (2 + training.epochs) * (2 if training.name in self.slow else 1)

    def write(self, finals: Finals) -> Bundle:
        self.clock.now += self.bundle_seconds
        assert finals.chosen is not None
        members = (f"{finals.chosen}-b1",)
        self.bundles.append(Bundle(beginnings_of(finals), FinalResult("model", members, {}), None))
        return self.bundles[-1]

    def run(self, finals: Finals, limit: float, already: float = 0.0, last: Bundle | None = None) -> FinalRun:
        earlier = {(name, length) for name in self.work.names() for length in self.work.child(name).names()}
        budget = TimeBudget(limit, already=already, clock=self.clock)
        run = FinalRun(
            SPECIFICATION,
            finals,
            costs=partial(measured_costs, rows=(), start=2.0, answered=0.0),
            budget=budget,
            bundling=Bundling(self.write, seconds=budget.left(), in_thread=False, last=last, clock=self.clock),
            work=self.work,
            keep=self.kept.append,
            watch=self.standings.append,
            longest=self.longest,
            clock=self.clock,
        )
        under_way: dict[str, tuple[FinalBeginning, float]] = {}
        while True:
            while len(under_way) < run.most(self.slots) and (training := run.next()) is not None:
                assert isinstance(training, FinalBeginning)
                under_way[training.name] = training, self.clock.now
                of_length(self.work.child(training.name), training.epochs).write_whole("last.npz", b"")
            if self.clock.now >= self.killed_at:
                return run
            if not under_way:
                run.settle()
                return run
            self.clock.now += 1
            for name, (training, since) in [*under_way.items()]:
                total = self.seconds(training)
                length = of_length(self.work.child(name), training.epochs)
                is_known = (name, Path(length.uri).name) in earlier
                done = self.clock.now - since + (total / 2 if is_known else 0.0)
                names = {training.configuration, training.name}
                if not names.isdisjoint(self.infeasible) or training.epochs >= self.infeasible_from:
                    del under_way[name]
                    run.failed(name, InfeasibleError(f"{name}: diverged"))
                elif done >= total:
                    del under_way[name]
                    run.ended(name)
                else:
                    run.far(name, round(1000 * done / total), 1000)
            for name in run.unwanted():
                self.left.append(name)
                del under_way[name]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Machine]:
    def answers(work: Folder, epochs: int) -> object:
        name, _, number = Path(work.uri).name.rpartition("-b")
        score = MEANS[name] + 0.001 * int(number) + (0.0005 if name == "0001" else 0.0) * int(number)
        return SimpleNamespace(member=SimpleNamespace(metrics={"val_macro_f1": score}))

    monkeypatch.setattr(final_run, "read_answers", answers)
    monkeypatch.setattr(
        outlook, "share_done", lambda work, epochs: 0.5 if of_length(work, epochs).exists("last.npz") else 0.0
    )
    return lambda **given: Machine(Clock(), open_folder(str(tmp_path / "training")), **given)


def begun(names: tuple[str, ...] = NAMES) -> Finals:
    return Finals(
        epochs=EPOCHS,
        planned=0,
        finalists=tuple(
            Finalist(trial_id=name, hyperparameters={"of": name}, is_defaults=name == NAMES[0]) for name in names
        ),
    )


def had(finals: Finals) -> Mapping[str, list[int]]:
    return {one.trial_id: [each.number for each in one.beginnings] for one in finals.finalists}


@pytest.mark.parametrize("names", [NAMES, NAMES[1:]], ids=["with defaults", "without"])
def test_where_there_is_time_for_one_alone_it_is_the_best_trial(names: tuple[str, ...]) -> None:
    costs = dict.fromkeys(NAMES, Cost(epoch=1.0, beside=1.0))
    planned = outlook.Outlook(costs, {}).planned(begun(names), left=3.3, limit=9.0)
    assert [one.trial_id for one in planned.finalists if one.is_active] == ["0001"]


def test_all_that_is_planned_is_done_then_more_of_those_that_stay_until_the_time_is_up(
    machine: Callable[..., Machine],
) -> None:
    made = machine(bundle_seconds=2.0)
    run = made.run(begun(), limit=210)
    bundle = run.finish()
    assert 0.9 * 210 <= made.clock.now <= 210
    finals = run.finals
    assert (finals.planned, finals.epochs, finals.limit, finals.chosen) == (3, EPOCHS, 210, "0001")
    # Two are a standard error behind after two beginnings; the defaults stay, and the ensemble's have more.
    assert {name: len(each) for name, each in had(finals).items() if name in ("0002", "0003")} == {"0002": 2, "0003": 2}
    assert had(finals)["defaults"][:3] == [1, 2, 3]
    assert len(had(finals)["0001"]) > len(had(finals)["defaults"])
    assert bundle.beginnings == beginnings_of(finals)
    assert made.kept[-1] == finals
    # A bundle is there long before the end, and those before the last one have cost little.
    assert len(made.bundles) >= 2
    assert made.bundle_seconds * (len(made.bundles) - 1) <= 0.05 * 210
    assert {one.seed for each in finals.finalists for one in each.beginnings if one.number == 2} == {2007}
    assert finals.unused is None


def test_a_finalist_that_is_dropped_leaves_its_slot_at_once(machine: Callable[..., Machine]) -> None:
    made = machine(slots=11, slow=("0002-b3",))
    run = made.run(begun(), limit=60)
    assert made.left == ["0002-b3"]
    assert had(run.finals)["0002"] == [1, 2]


def test_time_that_is_left_over_is_explained(machine: Callable[..., Machine]) -> None:
    made = machine(slots=8)
    run = made.run(begun(), limit=1000)
    run.finish()
    assert made.clock.now < 200
    assert run.finals.unused == "each finalist that stays has had 8 beginnings"


def test_a_slower_machine_gets_shorter_schedules_and_no_training_is_cut(machine: Callable[..., Machine]) -> None:
    made = machine(slower=4.0)
    run = made.run(begun(), limit=100)
    run.finish()
    assert made.clock.now <= 100
    assert run.finals.epochs < EPOCHS
    assert run.finals.chosen is not None
    taken = [one.seconds for each in run.finals.finalists for one in each.beginnings]
    assert taken == pytest.approx([4 * (2 + run.finals.epochs)] * len(taken), rel=0.05)


def test_nothing_ends_in_time(machine: Callable[..., Machine]) -> None:
    made = machine(slower=1000.0)
    run = made.run(begun(), limit=30)
    assert made.clock.now <= 30
    assert run.finals.chosen is None
    assert made.left


def test_after_a_kill_what_had_ended_stands_and_the_same_plan_goes_on(machine: Callable[..., Machine]) -> None:
    made = machine(slots=2, killed_at=40.0)
    made.run(begun(), limit=150)
    before = made.kept[-1]
    made.killed_at = float("inf")
    finals = begin_finals(begun().finalists, before, epochs=EPOCHS, limit=150)
    again = made.run(finals, limit=150, already=made.clock.now)
    again.finish()
    assert made.clock.now <= 150
    for one in before.finalists:
        after = again.finals.finalist(one.trial_id)
        assert after is not None
        assert one.beginnings == after.beginnings[: len(one.beginnings)]
    assert all(len(each) == len(set(each)) for each in had(again.finals).values())
    # One that went on from its checkpoint has not taken less than it would have.
    assert all(one.seconds >= 12 for each in again.finals.finalists for one in each.beginnings)


def test_what_goes_on_is_compared_as_a_whole_with_what_is_forecast(
    machine: Callable[..., Machine], caplog: pytest.LogCaptureFixture
) -> None:
    made = machine(killed_at=8.0)
    made.run(begun(NAMES[:2]), limit=100)
    before = made.kept[-1]
    assert made.work.names() == ["defaults-b1"]
    made.killed_at, made.slower = float("inf"), 4.0
    made.run(begin_finals(begun(NAMES[:2]).finalists, before, epochs=EPOCHS, limit=100), limit=100, already=8)
    assert "Training is 4.1 times slower than it was in the search" in caplog.text


def test_finals_go_on_where_a_trial_has_had_the_defaults_since(machine: Callable[..., Machine]) -> None:
    made = machine()
    before = made.run(begun(NAMES[:2]), limit=60).finals
    now = [Finalist(trial_id="0009", hyperparameters={"of": NAMES[0]}, is_defaults=True), before.finalists[1]]
    again = made.run(begin_finals(now, before, epochs=EPOCHS, limit=200), limit=200, already=made.clock.now)
    assert [one.trial_id for one in again.finals.finalists] == ["defaults", "0001"]
    assert len(had(again.finals)["defaults"]) > len(had(before)["defaults"]) > 0


def test_what_an_interruption_left_too_little_time_for_is_planned_shorter(machine: Callable[..., Machine]) -> None:
    made = machine(killed_at=3)
    before = made.run(begun(NAMES[:2]), limit=30).finals
    assert before.planned > 0
    assert not any(had(before).values())
    made.killed_at = float("inf")
    finals = begin_finals(before.finalists, before, epochs=EPOCHS, limit=30)
    again = made.run(finals, limit=30, already=made.clock.now + 22)
    assert any(had(again.finals).values())
    assert again.finals.epochs < before.epochs
    assert made.clock.now + 22 <= 30


def test_one_whose_epochs_are_all_done_is_not_thrown_away_for_a_shorter_one(
    machine: Callable[..., Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = machine(killed_at=3)
    before = made.run(begun(NAMES[:2]), limit=30).finals
    monkeypatch.setattr(outlook, "share_done", lambda work, epochs: float(of_length(work, epochs).exists("last.npz")))
    finals = begin_finals(before.finalists, before, epochs=EPOCHS, limit=30)
    again = made.run(finals, limit=30, already=made.clock.now + 25)
    assert again.next() is None
    assert again.finals == finals


def test_where_no_shorter_plan_fits_either_the_plan_stays_for_whoever_gives_more_time(
    machine: Callable[..., Machine],
) -> None:
    made = machine(killed_at=3)
    before = made.run(begun(NAMES[:2]), limit=30).finals
    finals = begin_finals(before.finalists, before, epochs=EPOCHS, limit=30)
    again = made.run(finals, limit=30, already=made.clock.now + 26)
    assert again.next() is None
    assert again.finals == finals


def scores(finals: Finals) -> int:
    return sum(len(one.scores) for one in finals.finalists)


def best(finals: Finals) -> str:
    means = {one.trial_id: one.mean for one in finals.finalists if one.mean is not None and one.dropped is None}
    return max(means, key=lambda name: means[name])


@pytest.mark.parametrize("before", [90, 100, 120, 150, 210])
@pytest.mark.parametrize("more", [5, 15, 30, 60, 90, 150, 600])
def test_a_greater_limit_adds_to_what_there_is(before: float, more: float, machine: Callable[..., Machine]) -> None:
    made = machine()
    first = made.run(begun(), limit=before)
    last = first.finish()
    kept = first.finals
    finals = begin_finals(begun().finalists, kept, epochs=EPOCHS, limit=before + more)
    again = made.run(finals, limit=before + more, already=made.clock.now, last=last)
    again.finish()
    now = again.finals
    if now.epochs == kept.epochs:
        for one in kept.finalists:
            assert set(had(kept)[one.trial_id]) <= set(had(now)[one.trial_id])
        assert now.planned >= min(3, kept.planned)
        assert scores(now) > scores(kept) or more < 40
    else:  # trained for longer, all of it
        assert now.epochs > kept.epochs
        stayed = {one.trial_id for one in kept.finalists if one.scores and one.dropped is None}
        assert stayed <= {name for name, each in had(now).items() if each}
        assert all(len(each.scores) >= 2 for each in now.finalists if each.trial_id in stayed)
    assert now.chosen == best(now) == "0001"


def test_what_is_trained_anew_takes_the_place_of_the_bundle_once_it_is_as_much(machine: Callable[..., Machine]) -> None:
    made = machine()
    first = made.run(begun(), limit=120)
    last, written = first.finish(), len(made.bundles)
    kept = first.finals
    assert kept.epochs < EPOCHS
    made.killed_at = made.clock.now + 3
    finals = begin_finals(begun().finalists, kept, epochs=EPOCHS, limit=900)
    made.kept.clear()
    killed = made.run(finals, limit=900, already=made.clock.now, last=last)
    assert killed.finals.epochs == EPOCHS
    assert made.kept == []  # what had ended stands until something has
    made.killed_at = float("inf")
    again = made.run(finals, limit=900, already=made.clock.now, last=last)
    again.finish()
    planned = again.finals.planned * len(again.finals.finalists)
    assert planned >= 6
    assert all(len(each.beginnings) >= min(scores(kept), planned) for each in made.bundles[written:])


def ended(finals: Finals) -> Mapping[str, tuple[EndedBeginning, ...]]:
    return {one.trial_id: one.beginnings for one in finals.finalists}


def test_trained_longer_is_planned_by_what_trainings_have_taken(
    machine: Callable[..., Machine], caplog: pytest.LogCaptureFixture
) -> None:
    made = machine(slower=4.0)
    kept = made.run(begun(), limit=200).finals
    assert kept.epochs < EPOCHS
    limit = made.clock.now + 140  # in which all could be trained for longer on the search's machine
    finals = begin_finals(begun().finalists, kept, epochs=EPOCHS, limit=limit)
    again = made.run(finals, limit=limit, already=made.clock.now)
    assert "There is time to train all that has ended for longer" not in caplog.text
    assert again.finals.epochs == kept.epochs
    assert all(set(each) <= set(had(again.finals)[name]) for name, each in had(kept).items())
    assert scores(again.finals) > scores(kept)


@dataclass
class Longer:
    """Finals that have ended, and are to be trained for up to 40 epochs in more time."""

    machine: Machine
    kept: Finals
    last: Bundle
    limit: float

    @classmethod
    def of(cls, machine: Machine, more: float) -> "Longer":
        first = machine.run(begun(), limit=120)
        last = first.finish()
        assert first.finals.epochs < EPOCHS
        machine.longest = 40
        machine.kept.clear()
        machine.bundles.clear()
        return cls(machine, first.finals, last, machine.clock.now + more)

    def run(self) -> FinalRun:
        finals = begin_finals(begun().finalists, self.kept, epochs=self.machine.longest, limit=self.limit)
        return self.machine.run(finals, self.limit, self.machine.clock.now, self.last)

    def stands_in(self, finals: Finals) -> bool:
        """Whether all that had ended is there."""
        return all({*each} <= {*ended(finals)[name]} for name, each in ended(self.kept).items())


@pytest.mark.parametrize(("slower", "more", "is_longer"), [(3.0, 320, False), (1.6, 420, True)])
def test_what_had_ended_is_gone_on_with_where_trainings_have_become_slower(
    slower: float, more: float, is_longer: bool, machine: Callable[..., Machine], caplog: pytest.LogCaptureFixture
) -> None:
    longer = Longer.of(machine(), more)
    longer.machine.slower = slower
    again = longer.run()
    again.finish()
    assert "times slower than before" in caplog.text
    assert longer.machine.clock.now <= longer.limit
    # Never is less kept than there was, but for longer ones.
    assert all(longer.stands_in(each) or each.epochs > longer.kept.epochs for each in longer.machine.kept)
    assert all(any(ended(each).values()) for each in longer.machine.kept)
    assert (longer.kept.epochs < again.finals.epochs < 40) == is_longer
    assert longer.stands_in(again.finals) != is_longer


def test_what_had_ended_is_gone_on_with_where_none_can_be_trained_for_longer(machine: Callable[..., Machine]) -> None:
    longer = Longer.of(machine(), 320)
    longer.machine.infeasible_from = 9
    again = longer.run()
    assert again.finals.epochs == longer.kept.epochs
    assert longer.stands_in(again.finals)
    assert scores(again.finals) > scores(longer.kept)
    dropped = {one.trial_id for one in again.finals.finalists if one.dropped and "diverged" in one.dropped}
    assert not dropped


def test_what_had_ended_stands_where_nothing_longer_ends_in_time(
    machine: Callable[..., Machine], caplog: pytest.LogCaptureFixture
) -> None:
    longer = Longer.of(machine(), 320)
    longer.machine.killed_at = longer.machine.clock.now + 3
    again = longer.run()
    assert again.finals.epochs == 40
    longer.machine.clock.now = longer.limit
    again.settle()
    assert "Nothing that was trained for longer has ended in time" in caplog.text
    assert ended(again.finals) == ended(longer.kept)
    assert again.finals.chosen == "0001"
    assert again.finish() is longer.last
    assert longer.machine.bundles == []


def test_a_better_trial_of_later_joins_and_nobody_is_lost(
    machine: Callable[..., Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = machine()
    before = made.run(begun(), limit=210).finals
    assert before.chosen == "0001"
    later = ("0007", "0008", "0009")
    monkeypatch.setattr(f"{__name__}.MEANS", MEANS | dict.fromkeys(later, 0.6) | {"0007": 0.9})
    now = begun((NAMES[0], *later)).finalists
    for more, chosen in ((0, "0001"), (10, "0001"), (120, "0007")):
        finals = begin_finals(now, before, epochs=EPOCHS, limit=210 + more)
        after = made.run(finals, limit=210 + more, already=210).finals
        assert after.chosen == chosen == best(after)
        assert set(had(before)["0001"]) <= set(had(after)["0001"])


def test_finals_that_are_complete_leave_their_bundle_as_it_is(machine: Callable[..., Machine]) -> None:
    made = machine()
    run = made.run(begun(), limit=150)
    last = run.finish()
    before, written, then = run.finals, len(made.bundles), made.clock.now
    assert before.bundled == tuple(sorted(beginnings_of(before)))
    finals = begin_finals(begun().finalists, before, epochs=EPOCHS, limit=150)
    again = made.run(finals, limit=150, already=then, last=last)
    assert again.finish() is last
    assert again.is_done
    assert (len(made.bundles), made.clock.now, again.finals.chosen) == (written, then, before.chosen)
    # Not of one that has fewer.
    fewer = replace(last, beginnings=frozenset([*last.beginnings][1:]))
    assert made.run(finals, limit=150, already=then, last=fewer).finish() is made.bundles[written]


def test_a_bundle_is_kept_that_the_same_command_has_made_of_all_that_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, result = TrainSettings(time_limit=60), FinalResult("model", ("0001-b1",), {})
    made = commands(SPECIFICATION, settings, storage="runs")
    finals = Finals(
        epochs=EPOCHS,
        planned=1,
        finalists=(
            Finalist(
                trial_id="0001",
                hyperparameters={},
                beginnings=(EndedBeginning(number=1, seed=1, score=0.5, seconds=1.0),),
            ),
        ),
        bundled=("0001-b1",),
    )
    manifest = SimpleNamespace(interim=False, commands=made)

    def kept(finals: Finals = finals, settings: TrainSettings = settings, **changes: object) -> Bundle | None:
        monkeypatch.setattr(final_bundle, "read_manifest", lambda _: SimpleNamespace(**vars(manifest) | changes))
        layout = SearchLayout.of(str(tmp_path), "first")
        return kept_bundle(finals, specification=SPECIFICATION, layout=layout, settings=settings, storage="runs")

    def missing(_: object) -> object:
        raise BundleError("none")

    monkeypatch.setattr(final_bundle, "kept_result", lambda _: result)
    assert kept() == Bundle(frozenset(["0001-b1"]), result, None)
    assert kept(interim=True) is None
    assert kept(commands=("galaxy train first",)) is None
    assert kept(settings=TrainSettings(time_limit=60, max_slower=2)) is None
    assert kept(finals.model_copy(update={"bundled": ()})) is None
    assert kept(finals.model_copy(update={"bundled": ("0001-b1", "0001-b2")})) is None
    monkeypatch.setattr(final_bundle, "read_manifest", missing)
    layout = SearchLayout.of(str(tmp_path), "first")
    assert kept_bundle(finals, specification=SPECIFICATION, layout=layout, settings=settings, storage="runs") is None


def test_a_finalist_that_cannot_be_trained_is_dropped(machine: Callable[..., Machine]) -> None:
    made = machine(infeasible=("defaults", "0001"))
    run = made.run(begun(), limit=150)
    assert run.finals.chosen == "0002"
    assert [one.dropped for one in run.finals.finalists][:2] == ["defaults-b1: diverged", "0001-b1: diverged"]
    made = machine(infeasible=NAMES)
    assert made.run(begun(), limit=150).finals.chosen is None


def test_a_finalist_that_fails_later_keeps_what_it_scored_and_is_tried_again_by_the_next_call(
    machine: Callable[..., Machine],
) -> None:
    finals = machine(infeasible=("0001-b3",)).run(begun(), limit=150).finals
    best = finals.finalist("0001")
    assert best is not None
    assert (finals.chosen, best.dropped, had(finals)["0001"]) == ("0001", "0001-b3: diverged", [1, 2])
    again = begin_finals(begun().finalists, finals, epochs=EPOCHS, limit=150)
    assert had(machine().run(again, limit=150, already=100).finals)["0001"][:3] == [1, 2, 3]


def test_finalists_that_there_is_no_time_to_train_are_named(
    machine: Callable[..., Machine], caplog: pytest.LogCaptureFixture
) -> None:
    before = machine().run(begun(NAMES[:2]), limit=100).finals
    new = begin_finals(begun(NAMES[:3]).finalists, before, epochs=EPOCHS, limit=100)
    run = machine().run(new, limit=100, already=97)
    run.finish()
    assert run.finals.chosen == before.chosen
    assert "No time is left to train 0002: --time-limit, with more, lets it go on." in caplog.text


def test_one_configuration_alone_is_trained_again_and_again(machine: Callable[..., Machine]) -> None:
    run = machine().run(begun(NAMES[:1]), limit=100)
    assert (run.finals.chosen, had(run.finals)["defaults"][:4]) == ("defaults", [1, 2, 3, 4])
