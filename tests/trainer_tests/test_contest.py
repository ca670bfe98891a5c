"""The proof of `galaxy fit`, as far as it needs no run: what is drawn, in what order, and what is said of it."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import pytest
from benchmarks.accuracy import fit
from benchmarks.accuracy.contest import defaults, running
from benchmarks.accuracy.contest.draws import LEAST_TESTED, TEST, Draw, dealt
from benchmarks.accuracy.contest.jobs import CONTESTANTS, Job, all_jobs
from benchmarks.accuracy.contest.judging import is_met, shown_to_hold, verdict
from benchmarks.accuracy.contest.running import Attempt, Run, Runner

from search import LedgerError


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
    for turn in zip(compared[::2], compared[1::2], strict=True):
        assert len({job.draw for job in turn}) == 1
        assert {job.contestant for job in turn} == {*CONTESTANTS}
    assert {job.contestant for job in compared[::2]} == {*CONTESTANTS}
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


def test_a_fault_is_a_deadline_missed_whatever_a_second_attempt_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner, job = _runner(tmp_path), Job(Draw(2000, 1), "fit", 120.0, kills=1, is_compared=False)
    given = {"model": str(tmp_path)}
    codes = iter(["import time; time.sleep(60)", "raise SystemExit(1)", f"import json; print(json.dumps({given}))"])
    monkeypatch.setattr(running, "_EVERY", 0.05)
    monkeypatch.setattr(Runner, "_moments", lambda *_: [0.0])
    monkeypatch.setattr(Runner, "_command", lambda *_: [sys.executable, "-c", next(codes)])
    with pytest.raises(RuntimeError, match=r"2000-1-fit-120s: status 1"):
        runner.run(job)
    assert "deadlines: 0 of 1 met (20 planned), 1 of them killed" in fit.report(runner)
    run = runner.run(job)
    assert (run.given, run.kills, run.faults, [one.status for one in run.attempts]) == (given, 1, 1, [-9, 1, 0])
    said = fit.report(runner)
    assert "deadlines: 0 of 1 met (20 planned), 1 of them killed" in said
    assert "ended with status 1 after " in said
    assert "1 ended with a fault, 1 were killed or interrupted" in said
    # Another machine has the line alone.
    elsewhere = Runner(tmp_path / "elsewhere", tmp_path / "results.jsonl")
    assert elsewhere.is_done(job)
    assert fit.report(elsewhere) == said
    assert str(tmp_path) not in (tmp_path / "results.jsonl").read_text()


def _runner(folder: Path) -> Runner:
    return Runner(folder, folder / "results.jsonl")


def test_beside_the_scores_it_is_said_what_of_its_time_each_contestant_used(tmp_path: Path) -> None:
    def known(contestant: str, f1: float | None, *attempts: Attempt) -> None:
        scores: dict[str, object] | None = None if f1 is None else {"macro": {"f1": f1}}
        job = Job(Draw(500, 1), contestant, 300.0)
        run = Run(str(job), 300.0, [*attempts], given=None if f1 is None else {}, scores=scores)
        (tmp_path / f"{job}.json").write_text(json.dumps(asdict(run)))

    known("fit", 0.84, Attempt("", 0.1, 291.0, status=0))
    known("defaults", 0.80, Attempt("", 0.1, 150.0, status=0))
    said = fit.report(_runner(tmp_path))
    assert "| draw | fit | defaults | gain |" in said
    assert "| 500-1 | 0.8400 | 0.8000 | +0.0400 |" in said
    assert (
        "fit 97% (of a run 97% to 97%), defaults 50% (of a run 50% to 50%); the defaults stop at 8 beginnings" in said
    )
    assert "deadlines: 1 of 1 met" in said
    # What has not come to its end is late as soon as its time is gone, and is given up after two faults.
    late = [Attempt("", 0.1, 299.6, status=1), Attempt("", 0.1, 0.4, status=1)]
    known("fit", None, *late)
    assert _runner(tmp_path).is_done(Job(Draw(500, 1), "fit", 300.0))
    assert "deadlines: 0 of 1 met" in fit.report(_runner(tmp_path))
    known("fit", None, Attempt("", 0.1, 310.0))
    assert "deadlines: 0 of 1 met" in fit.report(_runner(tmp_path))
    known("fit", None, Attempt("", 0.1, 290.0))
    assert "deadlines" not in fit.report(_runner(tmp_path))


@pytest.mark.parametrize(
    ("best", "called"), [(None, ["resume"]), ("0000", []), (LedgerError("none"), ["search"])], ids=str
)
def test_the_trial_of_the_defaults_is_gone_on_with_where_it_was_interrupted(
    best: object, called: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def read(*_given: object, **_options: object) -> SimpleNamespace:
        if isinstance(best, LedgerError):
            raise best
        return SimpleNamespace(best=best)

    monkeypatch.setattr(defaults, "read_search", read)
    monkeypatch.setattr(defaults, "run_search", lambda *_, **__: calls.append("search"))
    monkeypatch.setattr(defaults, "resume_search", lambda *_, **__: calls.append("resume"))
    defaults.try_once("galaxies", "first", "runs")
    assert calls == called
