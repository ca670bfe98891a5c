"""The proof of `galaxy fit`, as far as it needs no run: what is drawn, in what order, and what is said of it."""

import pytest
from benchmarks.accuracy.contest.draws import LEAST_TESTED, TEST, dealt
from benchmarks.accuracy.contest.jobs import all_jobs
from benchmarks.accuracy.contest.judging import is_met, shown_to_hold, verdict


def test_no_two_draws_share_an_image_nor_any_with_what_is_tested_on() -> None:
    hands = dealt([f"{number}.jpg" for number in range(25_000)], seed=1)
    images = [image for hand in hands.values() for image in hand]
    assert len(images) == len(set(images))
    assert len(hands[TEST]) >= LEAST_TESTED
    with pytest.raises(ValueError, match=r"20,000 images leave 5,000 to test on, and 8,000 are needed"):
        dealt([f"{number}.jpg" for number in range(20_000)], seed=1)


def test_contestants_take_turns_and_twenty_fits_have_a_deadline() -> None:
    jobs = all_jobs()
    compared = [job for job in jobs if job.is_compared]
    for first, second in zip(compared[::2], compared[1::2], strict=True):
        assert first.draw == second.draw
        assert {first.contestant, second.contestant} == {"fit", "defaults"}
    assert {job.contestant for job in compared[::2]} == {"fit", "defaults"}
    fits = [job for job in jobs if job.contestant == "fit"]
    assert (len(fits), sum(job.kills for job in fits)) == (20, 3)
    assert len(set(map(str, jobs))) == len(jobs)


@pytest.mark.parametrize(
    ("gains", "said"),
    [
        ([0.05, 0.04, 0.06, 0.05, 0.045], "passed: +0.049 (95 %: +0.040 to +0.058; 5 draws)"),
        ([0.01, 0.06, 0.0, 0.05, 0.045], "undecided: +0.033"),
        ([0.01, 0.0, 0.01, 0.0, 0.01], "failed: +0.006"),
        ([0.05, 0.04, 0.06], "unfinished: 3 of 5 draws"),
    ],
)
def test_passed_is_said_only_where_the_whole_interval_is(gains: list[float], said: str) -> None:
    assert verdict(gains, 5).startswith(said)


def test_a_killed_run_has_its_time_in_pieces() -> None:
    assert is_met([500, 399], 900)
    assert is_met([500, 404], 900)  # a kill leaves up to five seconds uncounted
    assert not is_met([500, 406], 900)
    assert not is_met([901], 900)
    assert round(shown_to_hold(20, 20), 2) == 0.86
