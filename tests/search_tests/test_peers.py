"""`make bench`, as far as it needs no run: images, spaces, times to the target, what is counted."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import optuna
import pytest
from benchmarks.accuracy.contest.draws import TEST
from benchmarks.peers.images import DEVELOP, HALVES, REPORT, half_of, hands
from benchmarks.peers.jobs import (
    BUDGETS,
    COMPARED,
    CONTESTANTS,
    GALAXY,
    KERAS_TUNER,
    KILLED,
    TARGET,
    USER,
    Job,
    all_jobs,
)
from benchmarks.peers.judging import Ratio, Reached, median_time, reached, restricted_mean, seconds_back, trained_again
from benchmarks.peers.known import Attempt, Found, Kill, Run
from benchmarks.peers.measuring import MARK, Tree
from benchmarks.peers.reporting import code_lines, report
from benchmarks.peers.running import Runner
from benchmarks.peers.space import define_by_run

from search import GalaxyHyperModel, complete, discover


def test_nothing_is_tested_on_that_is_learnt_from_and_targets_have_images_of_their_own() -> None:
    every = hands([f"{number}.jpg" for number in range(25_851)])
    learnt = [image for name in every if name.startswith("2000-") for image in every[name]]
    targets = [image for name in every if name.startswith("target-2000-") for image in every[name]]
    kept_apart = [*learnt, *targets, *every[TEST]]
    assert (len(learnt), len(targets), len(every[TEST])) == (10_000, 6_000, 8_851)
    assert len(set(kept_apart)) == len(kept_apart)
    assert all(set(every[f"500-{number}"]) < set(every[f"2000-{number}"]) for number in range(1, 6))
    halves = [half_of(every[TEST], half) for half in HALVES]
    assert (halves[0] ^ halves[1]).all()
    assert 4_200 < halves[0].sum() < 4_650


def test_targets_come_first_and_contestants_take_turns_on_the_same_budget() -> None:
    jobs = all_jobs()
    assert len(set(map(str, jobs))) == len(jobs) == 80
    targets = [job for job in jobs if job.purpose == TARGET]
    assert jobs[: len(targets)] == targets
    assert {job.contestant for job in targets} == {KERAS_TUNER}
    for draw in {(job.size, job.number, job.mode) for job in jobs if job.purpose == COMPARED}:
        turn = [job for job in jobs if (job.size, job.number, job.mode) == draw and job.purpose == COMPARED]
        assert {job.contestant for job in turn} == {*CONTESTANTS[draw[0]]}
        assert {job.budget for job in turn} == {BUDGETS[draw[0]]}
        assert jobs[jobs.index(turn[0]) :][: len(turn)] == turn


def test_every_draw_of_the_peers_space_is_a_point_of_ours_and_none_of_ours_is_left_out() -> None:
    space = discover(GalaxyHyperModel(input_shape=(32, 32, 3), num_classes=5))
    study, define = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1)), define_by_run(space)
    drawn = set()
    for _ in range(200):
        trial = study.ask()
        fixed = define(trial)
        values = trial.params | fixed
        assert complete(space, values).keys() == values.keys()
        drawn |= values.keys()
    assert drawn == {one.name for one in space.space}


def test_the_target_is_reached_where_the_best_stays_at_it_and_never_is_no_time() -> None:
    course = [(10.0, 0.5), (20.0, 0.8), (30.0, 0.7), (40.0, 0.8), (50.0, 0.9)]
    assert reached(course, 0.8, 60.0) == Reached(40.0)
    assert reached(course, 0.5, 60.0) == Reached(10.0)
    assert reached(course, 0.95, 60.0) == Reached(60.0, is_censored=True)
    assert reached([], 0.5, 60.0) == Reached(60.0, is_censored=True)
    never = Reached(60.0, is_censored=True)
    assert median_time([never, Reached(20.0), Reached(10.0)]) == Reached(20.0)
    assert median_time([never, Reached(60.0)]) == never
    assert restricted_mean([never, Reached(20.0)]) == 40.0


@pytest.mark.parametrize(
    ("ours", "theirs", "said", "verdict"),
    [
        ([10, 11, 10], [30, 36, 36], "3.28× (2.6 to 4.1)", "met on average, not surely"),
        ([10, 10, 10], [35, 36, 36], "3.57× (3.4 to 3.7)", "met"),
        ([10, 10, 10], [15, 20, 15], "1.65×", "missed"),
        ([10, 10, 10], [None, 40, 40], "≥ 4.58×", "met on average"),
        ([10, 10, 10], [None, 10, 10], "≥ 1.82×", "undecided"),
        ([None, 10, 10], [20, 20, 20], "≤ 1.10×", "missed"),
    ],
)
def test_who_never_reaches_the_target_is_no_reason_to_say_that_a_goal_is_met(
    ours: list[float | None], theirs: list[float | None], said: str, verdict: str
) -> None:
    times = [[Reached(60.0, True) if one is None else Reached(float(one)) for one in each] for each in (ours, theirs)]
    ratio = Ratio.of(*times)
    assert str(ratio).startswith(said)
    assert ratio.verdict(3.0).startswith(verdict)


def test_a_kill_costs_what_is_trained_again_and_what_passes_until_something_is_new() -> None:
    epochs = [(10.0, "a", 1), (20.0, "a", 2), (50.0, "a", 1), (60.0, "a", 2), (70.0, "a", 3)]
    assert trained_again(epochs, 30.0) == (1, 2)
    assert seconds_back(epochs, 30.0) == 40.0
    assert seconds_back(epochs[:4], 30.0) is None


def test_lines_of_code_are_counted_without_words() -> None:
    assert (
        code_lines('"""Say what it is."""\n\n# why\nx = [\n    1,\n]\n\n\ndef f():\n    """Do."""\n    return "x"\n')
        == 5
    )


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's files are Linux's")
def test_a_tree_has_the_processes_that_outlive_who_started_them_and_is_ended_whole() -> None:
    burn = "import time; began = time.process_time()\nwhile time.process_time() - began < 0.4: pass"
    child = f"{burn}\ntime.sleep(60)"
    parent = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {child!r}], start_new_session=True)"
    tree = Tree(f"test-{os.getpid()}")
    process = subprocess.Popen([sys.executable, "-c", parent], env=os.environ | {MARK: tree.value})
    process.wait()
    until = time.monotonic() + 60
    while tree.look() < 0.4 and time.monotonic() < until:
        time.sleep(0.1)
    assert 0.4 <= tree.seconds < 3
    assert tree.memory() > 1_000_000
    tree.kill()
    tree.look()
    assert tree.memory() == 0
    assert process.returncode != -signal.SIGKILL


def test_another_machine_goes_on_with_the_lines_of_what_has_ended(tmp_path: Path) -> None:
    job, killed = (Job(500, 1, USER, GALAXY, 600.0, purpose) for purpose in (COMPARED, KILLED))
    here = Runner(tmp_path / "here", tmp_path / "results.jsonl")
    for each, kill in ((job, None), (killed, Kill(300.0, ["0000"]))):
        run = Run(str(each), 600.0, [Attempt("", 0.1, cpu=600.0, status=0)], [Found(80.0, 0.7, "000", "1")])
        run.epochs, run.trained, run.kill, run.scores = [(40.0, "0000", 1)], 1, kill, {DEVELOP: [0.71], REPORT: [0.69]}
        here.place(each).mkdir(parents=True)
        here.keep(each, run)
        assert not Runner(tmp_path / "elsewhere", tmp_path / "results.jsonl").is_done(each)
        run.is_over = True
        here.keep(each, run)
    elsewhere = Runner(tmp_path / "elsewhere", tmp_path / "results.jsonl")
    assert elsewhere.is_done(job)
    assert elsewhere.known(killed) == here.known(killed)
    assert elsewhere.known(job).epochs == []
    assert elsewhere.known(job).course(DEVELOP) == ((80.0, 0.71),)
    assert report(elsewhere, [job, killed], DEVELOP) == report(here, [job, killed], DEVELOP)
    # A try with another budget is another run.
    assert not elsewhere.is_done(replace(job, budget=60.0))
