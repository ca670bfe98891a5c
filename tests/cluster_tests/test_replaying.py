"""A search replayed from recorded curves is the search that would have run: oracle, scheduler, promotions, epochs."""

import json
from dataclasses import replace
from pathlib import Path

import keras_tuner
import numpy as np
import pytest
from benchmarks.search.methods import oracles
from benchmarks.search.methods.__main__ import FIRST_RUNG, METHODS
from ray.tune.schedulers import ASHAScheduler

from cluster.testing import METRIC, TIME, Compared, Course, Curve, Step, compare, judge, pool, read_curves, replay
from search import SearchSettings, make_oracle, random_point
from search.space.typed_space import TypedSpace
from trainer import Objective

EPOCHS = 9


def _space() -> keras_tuner.HyperParameters:
    space = TypedSpace()
    space.Int("size", 1, 1000)
    return space


@pytest.fixture
def curves() -> list[Curve]:
    """Thirty, which rise to their truth: the larger the size the better."""
    sizes = sorted({int(str(random_point(_space(), seed=seed)["size"])) for seed in range(1, 31)})
    return [
        Curve(
            {"size": size},
            tuple(size / 1000 * (1 - 0.5**epoch) for epoch in range(1, EPOCHS + 1)),
            (2.0,) * EPOCHS,
            size,
        )
        for size in sizes
    ]


def _settings(**given: object) -> SearchSettings:
    return SearchSettings.model_validate({"name": "replayed", "epochs": EPOCHS, "seed": 3} | given)


def test_without_a_scheduler_each_trial_trains_all_its_epochs_two_at_a_time(curves: list[Curve]) -> None:
    settings = _settings(oracle="random", scheduler="none", trials=4)
    steps = replay(curves, settings, space=_space(), concurrency=2)
    assert [step.epochs for step in steps] == list(range(1, 4 * EPOCHS + 1))
    assert steps[-1].at == 2.0 * 4 * EPOCHS / 2
    assert len({step.curve for step in steps}) == 4
    for step in steps:
        assert step.score == curves[step.curve].scores[step.epoch - 1]


def test_asha_stops_the_weak_at_its_rungs(curves: list[Curve]) -> None:
    steps = replay(curves, _settings(oracle="random", scheduler="asha", trials=20), space=_space())
    last = {step.curve: step.epoch for step in steps}
    assert set(last.values()) == {1, 3, EPOCHS}
    mean = {epoch: [curves[curve].truth for curve, ended in last.items() if ended == epoch] for epoch in (1, EPOCHS)}
    assert sum(mean[EPOCHS]) / len(mean[EPOCHS]) > sum(mean[1]) / len(mean[1])


def test_a_promotion_costs_no_epoch_that_its_parent_has_trained(curves: list[Curve]) -> None:
    steps = replay(curves, _settings(oracle="hyperband", trials=None), space=_space(), concurrency=2)
    trained = [(step.curve, step.epoch) for step in steps]
    assert len(trained) == len(set(trained))
    assert {epoch for _, epoch in trained} == set(range(1, EPOCHS + 1))


def test_it_ends_when_so_many_epochs_are_trained_and_is_the_same_again(curves: list[Curve]) -> None:
    settings = _settings(oracle="tpe", trials=20, points=[curves[5].values])
    first, again = (replay(curves, settings, space=_space(), most_epochs=50) for _ in range(2))
    assert first == again
    assert len(first) == 50
    assert first[0].curve == 5


def test_what_is_recorded_in_part_is_left_out(tmp_path: Path) -> None:
    def line(number: int, beginning: int, truth: float, reason: str | None = None) -> str:
        scores = {"val_macro_f1_decided": [0.1, 0.2 + beginning]}
        known = {"number": number, "part": "near", "beginning": beginning, "values": {"size": number}, "reason": reason}
        return json.dumps(known | {"seconds": [1, 1], "scores": scores, "truth": {"2": {"macro_f1_decided": truth}}})

    path = tmp_path / "curves.jsonl"
    whole, half, failed = [line(1, 0, 0.5), line(1, 1, 0.7)], [line(2, 0, 0.5)], [line(3, 0, 0.5), line(3, 1, 0, "NaN")]
    path.write_text("\n".join([*whole, *half, *failed]))
    (curve,) = read_curves(path, beginning=1)
    assert curve == Curve({"size": 1}, (0.1, 1.2), (1, 1), pytest.approx(0.6), "near", 1)
    assert read_curves(path, objective="val_macro_f1_soft") == []


def test_a_scheduler_of_ones_own_decides(curves: list[Curve]) -> None:
    given = {"metric": METRIC, "time_attr": TIME, "mode": "max", "brackets": 1}
    own = ASHAScheduler(max_t=EPOCHS, grace_period=3, reduction_factor=3, **given)
    steps = replay(curves, _settings(oracle="random", trials=12), space=_space(), scheduler=own)
    assert set({step.curve: step.epoch for step in steps}.values()) == {3, EPOCHS}


def _course(epochs: int) -> Course:
    return Course(np.array([1.0] * (epochs - 1) + [0.0] * (100 - epochs + 1)), best=1.0)


def test_regret_is_of_the_truth_of_what_scored_best_so_far(curves: list[Curve]) -> None:
    good, bad = curves[-1], replace(curves[0], scores=(2.0,) * EPOCHS)
    steps = [Step(1.0, 1, 0, 1, 0.5), Step(2.0, 2, 1, 1, 2.0), Step(3.0, 3, 0, 2, 0.7)]
    course = Course.of(steps, [good, bad], 5)
    assert course.regret.tolist() == [0.0, *[good.truth - bad.truth] * 4]
    assert course.reached is None
    assert course.epochs == 5
    assert Course.of(steps[:1], [good, bad], 5).reached == 1
    # Of a loss the least is best.
    low, high = replace(good, truth=0.2), replace(bad, truth=0.5)
    losses = [Step(1.0, 1, 1, 1, 0.6), Step(2.0, 2, 0, 1, 0.3), Step(3.0, 3, 1, 2, 0.4)]
    course = Course.of(losses, [low, high], 4, direction="min")
    assert course.regret.tolist() == pytest.approx([0.3, 0.0, 0.0, 0.0])
    assert (course.best, course.reached) == (0.2, 2)


def test_methods_are_compared_by_their_epochs_and_more_surely_where_pools_agree() -> None:
    assert compare([_course(40)] * 8, [_course(20)] * 8) == Compared(*[pytest.approx(2.0)] * 3)
    low, high = [_course(20)] * 2, [_course(60)] * 2
    apart = compare([*low, *low, *high, *high] * 10, [_course(40)] * 80)
    mixed = compare([*low, *high] * 20, [_course(40)] * 80)
    assert apart.ratio == mixed.ratio == pytest.approx(1.0)
    assert apart.high > 1.5 > mixed.high


def test_ways_to_search_are_judged_among_the_same_configurations_the_first_always_there(curves: list[Curve]) -> None:
    assert all(pool(curves, number)[0] is curves[0] for number in range(8))
    assert pool(curves, 0) == pool(curves, 3) != pool(curves, 4)
    given = {"space": _space(), "replays": 8, "epochs": 60}
    whole = judge([curves], _settings(oracle="random", scheduler="none"), **given)
    halved = judge([curves], _settings(oracle="random", scheduler="asha"), **given)
    assert [one.best for one in whole] == [one.best for one in halved]
    assert compare(halved, whole).ratio < 1


def _judged(
    curves: list[Curve], monkeypatch: pytest.MonkeyPatch, *, most: int = 1000, **given: object
) -> list[list[Step]]:
    """Return the steps of each replay that `judge` looks at."""
    looked_at: list[list[Step]] = []

    def noted(*arguments: object, **options: object) -> list[Step]:
        looked_at.append(replay(*arguments, **options))  # type: ignore[arg-type]
        return looked_at[-1]

    monkeypatch.setattr("cluster.testing.judging.replay", noted)
    judge([curves], _settings(**given), space=_space(), replays=4, epochs=most)
    return looked_at


def test_each_begins_once_and_promotions_count_for_no_trial(
    curves: list[Curve], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oracles, "recorded_epochs", EPOCHS)
    given = {"oracle": f"{oracles.__name__}:one_epoch_for_all", "scheduler": "none"}
    for number, steps in enumerate(_judged(curves, monkeypatch, **given)):
        begun = len(pool(curves, number))
        # The defaults come as a given point, which is trained to its end.
        first = [step for step in steps if step.curve != 0][: begun - 1]
        assert {step.curve for step in first} == set(range(1, begun))
        assert {step.epoch for step in first} == {1}
        # Then all the others go on, one after another: nothing is trained twice.
        trained = [(step.curve, step.epoch) for step in steps]
        assert sorted(trained) == [(curve, epoch) for curve in range(begun) for epoch in range(1, EPOCHS + 1)]


@pytest.mark.parametrize("planned", [3, 20])
def test_hyperband_makes_the_trials_that_the_recorded_epochs_ask_for(
    planned: int, curves: list[Curve], monkeypatch: pytest.MonkeyPatch
) -> None:
    for steps in _judged(curves, monkeypatch, oracle="hyperband", epochs=planned):
        # The given point is trained to its end in any case.
        assert max(step.epoch for step in steps if step.curve) == EPOCHS
        assert len({(step.curve, step.epoch) for step in steps}) == len(steps)


@pytest.mark.parametrize("name", [name for name, method in METHODS.items() if FIRST_RUNG in method])
def test_what_learns_from_rungs_learns_from_the_first_at_which_trials_are_stopped(name: str) -> None:
    method = METHODS[name]
    objective = Objective.parse("val_macro_f1")
    given = {"hyperparameters": _space(), "objective": objective, "max_trials": None, "seed": 1}
    oracle = make_oracle(str(method["oracle"]), **given)
    rungs = getattr(oracle, "rungs", None)
    assert rungs is None or rungs[0] == round(float(str(method[FIRST_RUNG])) * oracles.recorded_epochs)


class Wilful(keras_tuner.Oracle):  # type: ignore[misc]
    """Proposes what it likes."""

    def populate_space(self, trial_id: str) -> dict[str, object]:
        return {"status": "RUNNING", "values": {"size": 7}}


def make_wilful(**given: object) -> keras_tuner.Oracle:
    return Wilful(**given)


def test_an_oracle_that_leaves_the_pool_is_told_so(curves: list[Curve]) -> None:
    with pytest.raises(ValueError, match=r"no curve is of .*'size': 7.*`pool`"):
        replay(curves, _settings(oracle=f"{__name__}:make_wilful", trials=4), space=_space())
