"""One run: started, its CPU seconds counted, its best network kept as it changes, ended when they are used up.

All that is known of it is in a file, written every few seconds, so that it outlasts whatever ends this process; of what
is done a line stays with the code.
"""

import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

from benchmarks.accuracy.contest.draws import TEST
from benchmarks.peers.contestant import JOB, SEARCH, SUGGESTIONS
from benchmarks.peers.jobs import EPOCHS, GALAXY, KILLED, USER, Job
from benchmarks.peers.known import Attempt, Found, Kill, Run
from benchmarks.peers.measuring import MARK, Tree, free_share
from benchmarks.peers.observing import Best, Observer, observer
from benchmarks.peers.scores import scores_of
from benchmarks.results import Results

EPOCHS_FILE = "GALAXY_TUNER_BENCHMARK_EPOCHS"
ANSWERS = "answers.npz"
_EVERY = 0.5
_MEASURED_EVERY = 4
"""Looks at the CPU seconds for one at memory, and at what was found."""
_APART = 0.025
"""Of the budget: a better network is kept at most so often."""
_KILLED_WITHIN = (0.4, 0.6)
"""Of the budget: when a run is killed that is to be."""
_DIGITS = 4


class Runner:
    """Runs jobs in a folder that has their datasets. What is done is in ``results``, a line each."""

    def __init__(self, folder: Path, results: Path) -> None:
        self._folder, self._results = folder, Results(results, "job", "budget")

    def known(self, job: Job) -> Run:
        """Return what is known of a job."""
        file, known = self._file(job), self._results.find(str(job), job.budget)
        if known is None and file.exists():
            known = json.loads(file.read_text())
        if known is None:
            return Run(str(job), job.budget)
        return Run.of(known)

    def is_done(self, job: Job) -> bool:
        """Say whether a job has ended and its networks were tested, or it was given up."""
        run = self.known(job)
        return run.is_over or run.is_given_up

    def seconds(self, job: Job) -> float:
        """Return about how many seconds of the clock a job still takes."""
        run = self.known(job)
        return max(0.0, run.budget - run.cpu)

    def run(self, job: Job, *, until: float) -> Run:
        """Run a job to its end, from where it was, or until ``until`` in monotonic seconds, from where it then goes on.

        Raises RuntimeError if the contestant or the test fails, which is kept.
        """
        run = self.known(job)
        while not run.is_searched and time.monotonic() < until:
            _Attempted(self, job, run, self.place(job)).go_on(until=until)
        if run.is_searched:
            self._test(job, run)
        return run

    def place(self, job: Job) -> Path:
        """Return the folder of a job."""
        return self._folder / "runs" / str(job)

    def keep(self, job: Job, run: Run) -> None:
        """Write what is known."""
        beside = self._file(job).with_suffix(".part")
        beside.parent.mkdir(exist_ok=True)
        beside.write_text(json.dumps(asdict(run)))
        beside.replace(self._file(job))
        if run.is_over or run.is_given_up:
            # When an epoch was trained matters to a kill alone.
            self._results.add(asdict(run if run.kill is not None else replace(run, epochs=[])))

    def write_job(self, job: Job) -> None:
        """Write what the contestant's process reads, unless it is there."""
        file = self.place(job) / JOB
        if file.exists():
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        told = {"contestant": job.contestant, "mode": job.mode, "seed": job.number}
        told |= {"dataset": str(self._folder / job.draw), "epochs": EPOCHS[job.size]}
        if job.mode == USER and job.contestant == GALAXY:
            # What uses all CPUs that the machine has for it has used the CPU seconds then.
            told["seconds"] = job.budget / (len(os.sched_getaffinity(0)) * free_share())
        file.write_text(json.dumps(told))

    def _test(self, job: Job, run: Run) -> None:
        """Let the networks answer on the images tested on, and clear up."""
        place = self.place(job)
        command = [sys.executable, "-m", "benchmarks.peers.scoring", str(place), str(self._folder)]
        if run.found and job.purpose != KILLED:
            with (place / "log").open("ab") as log:
                status = subprocess.run(command, stdout=log, stderr=log, check=False).returncode
            if status != 0:
                raise RuntimeError(f"{job}: the test ended with status {status}\n{_end_of(place / 'log')}")
            answers = [place / "found" / found.name / ANSWERS for found in run.found]
            run.scores = scores_of(answers, self._folder / job.draw, self._folder / TEST)
        run.is_over = True
        self.keep(job, run)
        shutil.rmtree(place / SEARCH, ignore_errors=True)

    def _file(self, job: Job) -> Path:
        return self._folder / "known" / f"{job}.json"


class _Attempted:
    """One start of a run."""

    def __init__(self, runner: Runner, job: Job, run: Run, place: Path) -> None:
        self._runner, self._job, self._run, self._place = runner, job, run, place
        self._attempt = Attempt(time.strftime("%Y-%m-%dT%H:%M:%S"), round(os.getloadavg()[0], 2))
        self._began = time.monotonic()
        self._tree = Tree(f"{job}-{len(run.attempts)}-{os.getpid()}")
        self._observer: Observer = observer(job, place / SEARCH)
        self._before = run.cpu
        self._known = dict(self._observer.epochs())
        self._notes = place / "epochs.jsonl"
        self._read = self._notes.stat().st_size if self._notes.exists() else 0

    def go_on(self, *, until: float) -> None:
        """Start, look, and end it when its time, or that of this process, is up."""
        self._runner.write_job(self._job)
        self._run.attempts.append(self._attempt)
        marked = {MARK: self._tree.value, EPOCHS_FILE: str(self._notes.absolute())}
        command = [sys.executable, "-m", "benchmarks.peers.contestant", str(self._place)]
        with (self._place / "log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, env=os.environ | marked)
        try:
            self._watch(process, until)
        finally:
            self._attempt.is_asked = process.poll() is None
            self._look()
            self._tree.kill()
            self._attempt.status = process.wait()
            self._observe(is_last=True)
            self._runner.keep(self._job, self._run)
        if self._attempt.is_fault:
            raise RuntimeError(f"{self._job}: status {self._attempt.status}\n{_end_of(self._place / 'log')}")

    def _watch(self, process: subprocess.Popen, until: float) -> None:
        looks, doomed = 0, self._doomed()
        while process.poll() is None and time.monotonic() < until:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_EVERY)
            self._look()
            looks += 1
            if looks % _MEASURED_EVERY == 0:
                self._run.peak_bytes = max(self._run.peak_bytes, self._tree.memory())
                self._observe()
                self._runner.keep(self._job, self._run)
            if doomed is not None and self._run.cpu >= doomed:
                self._observe()
                self._run.kill = Kill(self._run.cpu, sorted(self._observer.trials()))
                return
            if self._run.cpu >= self._run.budget:
                self._run.is_searched = True
                return
        self._run.is_searched = process.poll() == 0

    def _doomed(self) -> float | None:
        """Return after which CPU seconds this is to be killed, the same for all contestants of a draw."""
        if self._job.purpose != KILLED or self._run.kill is not None:
            return None
        return self._run.budget * random.Random(self._job.draw).uniform(*_KILLED_WITHIN)

    def _look(self) -> None:
        self._attempt.cpu = round(self._tree.look(), 2)
        self._attempt.clock = round(time.monotonic() - self._began, 1)

    def _observe(self, *, is_last: bool = False) -> None:
        """Note what is new; keep the best network, unless one was kept shortly before."""
        cpu = round(self._run.cpu, 1)
        for name, epoch in self._observer.epochs().items():
            if epoch != self._known.get(name, 0):
                # Of short ones several may have passed; one that is trained again is seen as it is.
                first = min(epoch, self._known.get(name, self._observer.begins(name)) + 1)
                self._run.epochs += [(cpu, name, each) for each in range(first, epoch + 1)]
                self._known[name] = epoch
        for trial, epoch in self._noted():
            self._run.epochs.append((cpu, trial, epoch))
        self._run.trained = len(self._run.epochs)
        last = self._run.found[-1] if self._run.found else None
        best = self._observer.best()
        is_due = last is None or is_last or cpu - last.cpu >= _APART * self._run.budget
        if best is not None and is_due and (last is None or best.mark != last.mark):
            self._take(best, cpu)
        if is_last:
            self._run.trials = sorted(self._observer.trials())
            file = self._place / SUGGESTIONS
            self._run.suggestions = (
                [round(float(line), _DIGITS) for line in file.read_text().split()] if file.exists() else []
            )

    def _take(self, best: Best, cpu: float) -> None:
        name = f"{len(self._run.found):03}"
        try:
            best.copy(self._place / "found" / name)
        except OSError:
            return
        after = self._observer.best()
        if after is not None and (after.kind != "bundle" or after.mark == best.mark):
            self._run.found.append(Found(cpu, best.score, name, best.mark))

    def _noted(self) -> list[tuple[str, int]]:
        """Return the epochs that were noted since this was last asked, see `contestants.noting`."""
        if not self._notes.exists():
            return []
        with self._notes.open() as notes:
            notes.seek(self._read)
            lines = [line for line in notes.readlines() if line.endswith("\n")]
        self._read += sum(map(len, lines))
        return [(str(one["trial"]), one["epoch"]) for one in map(json.loads, lines)]


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-3000:]
