from typing import Any

import pytest

from cluster.scheduling import Rungs, as_result
from search import Record, SearchSettings, SearchSpecification, TrialState


def rungs(scheduler: str = "asha", direction: str = "max", epochs: int = 4) -> Rungs:
    settings = SearchSettings(name="first", epochs=epochs, scheduler=scheduler)
    known: dict[str, Any] = {"dataset": "", "fingerprint": "", "classes": (), "image_shape": (8, 8, 3), "created": ""}
    return Rungs(
        SearchSpecification(
            format="galaxy-tuner-search/1",
            settings=settings,
            objective_name="val_loss",
            objective_direction=direction,
            versions={},
            **known,
        )
    )


def report(trial_id: str, epoch: int, score: float | None, state: TrialState = TrialState.RUNNING) -> dict[str, Any]:
    return as_result(Record(trial_id=trial_id, state=state, hyperparameters={}, epochs=epoch, score=score))


def stopped_at_first_rung(judge: Rungs, scores: list[float]) -> list[bool]:
    stopped = []
    for number, score in enumerate(scores):
        judge.add(str(number))
        stopped.append(judge.stops(str(number), report(str(number), 1, score)))
    return stopped


def test_asha_stops_what_is_below_the_best_third() -> None:
    assert stopped_at_first_rung(rungs(), [0.9, 0.1, 0.95, 0.2]) == [False, True, False, True]


def test_asha_minimises_what_is_to_be_minimised() -> None:
    assert stopped_at_first_rung(rungs(direction="min"), [0.9, 0.1, 0.95, 0.05]) == [False, False, True, False]


def test_between_rungs_nothing_is_stopped() -> None:
    judge = rungs()
    stopped_at_first_rung(judge, [0.9, 0.95])
    assert not judge.stops("0", report("0", 2, 0.0))


def test_an_infeasible_trial_is_no_yardstick() -> None:
    judge = rungs()
    judge.add("bad")
    judge.complete("bad", report("bad", 1, None, TrialState.INFEASIBLE))
    assert stopped_at_first_rung(judge, [0.1]) == [False]


def test_none_stops_nothing() -> None:
    assert stopped_at_first_rung(rungs("none"), [0.9, 0.1, 0.2]) == [False, False, False]


def test_longer_trials_are_compared_later() -> None:
    judge = rungs(epochs=20)
    assert stopped_at_first_rung(judge, [0.9, 0.1, 0.95, 0.2]) == [False] * 4
    assert [judge.stops(trial, report(trial, 5, score)) for trial, score in (("0", 0.9), ("1", 0.1))] == [False, True]


@pytest.mark.parametrize("epochs", [1, 2])
def test_one_epoch_is_long_enough_for_asha(epochs: int) -> None:
    assert stopped_at_first_rung(rungs(epochs=epochs), [0.9, 0.1]) == [False, True]
