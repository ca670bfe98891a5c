import math

from search_tests.examples import ended

from search import Record, epoch_seconds, epochs_that_fit, start_seconds


def measured(trial_id: str, epoch: float, start: float, **changes: object) -> Record:
    return ended(trial_id, 0.5, epoch_seconds=epoch, start_seconds=start, hyperparameters={"x": epoch}, **changes)


RECORDS = [measured(f"000{n}", float(n), 10.0 * n) for n in (1, 2, 3, 4, 5)]


def test_a_configuration_that_has_run_is_known_by_its_own_epochs() -> None:
    assert epoch_seconds([*RECORDS, measured("0006", 2.0, 1.0)], {"x": 2.0}) == 2.0


def test_of_another_one_the_upper_quartile_is_expected() -> None:
    assert epoch_seconds(RECORDS, {"x": 9.0}) == epoch_seconds(RECORDS) == 4.0
    assert start_seconds(RECORDS) == 40.0
    assert epoch_seconds(RECORDS[:1]) == 1.0


def test_a_worker_that_is_new_takes_as_long_as_any_did() -> None:
    assert start_seconds(RECORDS, is_cold=True) == 50.0


def test_an_older_record_tells_only_how_long_all_took() -> None:
    assert epoch_seconds([ended("0001", 0.5, seconds=18.0, epochs=9)]) == 2.0


def test_nothing_measured_forecasts_nothing() -> None:
    assert epoch_seconds([ended("0001", None, epochs=0)]) is None
    assert start_seconds([]) == 0.0


def test_epochs_fit_after_the_start() -> None:
    assert epochs_that_fit(100.0, start=20.0, epoch=15.0) == 5
    assert epochs_that_fit(10.0, start=20.0, epoch=15.0) == 0
    assert epochs_that_fit(math.inf, start=20.0, epoch=15.0) > 10**6
