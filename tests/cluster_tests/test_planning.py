"""How a fit parts its time, and how long its trials train."""

import pytest

from cluster.jobs.planning import FitPlan, plan_fit, share_of_more
from search import FitRecord


def plan(
    seconds: float,
    rows: int,
    epoch_seconds: float,
    *,
    validated: int = 400,
    slots: int = 2,
    trials: int | None = None,
) -> FitPlan:
    known = {"seconds": seconds, "rows": rows, "epoch_seconds": epoch_seconds, "slots": slots}
    return plan_fit(**known, validated=validated, begun=20.0, trials=trials)


def test_few_images_are_seen_more_often() -> None:
    few, more, many = (plan(100_000, rows, rows / 300) for rows in (400, 1_600, 20_000))
    assert few.epochs > more.epochs > many.epochs == 20


def test_where_time_is_short_epochs_are_cut_for_enough_trials() -> None:
    assert [plan(seconds, 1_600, 6.0).epochs for seconds in (60, 600, 900, 3_600)] == [3, 18, 27, 43]
    assert plan(3_600, 20_000, 60.0).epochs < 20
    assert plan(3_600, 20_000, 60.0, slots=8).epochs == 20


def test_of_few_trials_that_were_asked_for_each_trains_for_longer() -> None:
    made = {trials: plan(1_500, 1_600, 6.0, trials=trials) for trials in (1, 3, 12, None)}
    assert [one.epochs for one in made.values()] == [43, 43, 43, 43]
    assert [one.trials for one in made.values()] == [1, 3, 12, 12]
    made = {trials: plan(3_600, 20_000, 60.0, trials=trials) for trials in (1, 3, 12, None)}
    assert made[3].epochs > made[12].epochs == made[None].epochs
    assert made[3].trials == 3
    # Of eight slots one trial has one.
    assert plan(3_600, 20_000, 600.0, slots=8, trials=1).epochs == plan(3_600, 20_000, 600.0, slots=1, trials=1).epochs


@pytest.mark.parametrize("seconds", [30, 3_600, 36_000])
def test_half_of_the_time_at_most_is_for_the_search(seconds: float) -> None:
    made = plan(seconds, 1_600, 6.0)
    assert made.search_seconds == seconds / 2
    assert made.trials >= 1


def test_where_few_trainings_fit_finalists_get_most_of_it() -> None:
    # A full training takes 258 s: 2, 4 and 11 fit.
    shares = [(plan(seconds, 1_600, 6.0).search_seconds - 20) / seconds for seconds in (300, 600, 1_500)]
    assert shares == [pytest.approx(share, abs=0.01) for share in (0.085, 0.18, 0.47)]
    assert [plan(seconds, 1_600, 6.0).trials for seconds in (300, 600, 1_500)] == [2, 4, 12]


def test_where_scores_say_little_the_search_has_little() -> None:
    searched = [plan(36_000, 1_600, 6.0, validated=validated).search_seconds for validated in (10, 50, 200, 400, 4_000)]
    assert searched == sorted(searched)
    assert searched[0] < 0.05 * 36_000
    assert searched[2] == pytest.approx(20 + 0.25 * 35_980)
    assert searched[3] == searched[4] == 18_000


def test_what_was_asked_for_stays() -> None:
    made = plan_fit(seconds=60, rows=400, validated=400, epoch_seconds=10.0, slots=1, begun=50.0, epochs=30)
    assert made == FitPlan(30, 30.0, 1)


@pytest.mark.parametrize("seconds", [300, 600, 1_500, 36_000])
@pytest.mark.parametrize("validated", [50, 400])
def test_a_fit_that_is_prolonged_searches_as_one_that_had_the_time_at_once(seconds: float, validated: int) -> None:
    short = plan(300, 1_600, 6.0, validated=validated)
    before = FitRecord(time_limit=300.0, search_seconds=short.search_seconds, epochs=43, max_slower=8.0)
    share = share_of_more(before, seconds, validated=validated)
    at_once = (plan(seconds, 1_600, 6.0, validated=validated).search_seconds - 20) / (seconds - 20)
    assert share == pytest.approx(at_once, rel=0.75)
    assert share <= 0.5 * validated / 400
