"""One run by the real commands: started, watched, killed where it is to be, gone on with, and tested at its end.

All that is known of it is in a file, written every few seconds, so that it outlasts whatever ends this process; of what
is done a line stays with the code.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from benchmarks.accuracy.contest.draws import GALAXY, TEST
from benchmarks.accuracy.contest.jobs import FIT, Job
from benchmarks.accuracy.contest.judging import is_met
from benchmarks.durability.processes import descendants
from benchmarks.results import Results
from benchmarks.start import Start

_EVERY = 2.0
_KILLED = (0.15, 0.85)
"""Of the limit: when a run is killed."""
_MOST_FAULTS = 2
"""Of a run, after which it is given up."""


@dataclass
class Attempt(Start):
    """One start of a run: its seconds so far, and the load at most."""

    seconds: float = 0.0
    load_most: float = 0.0


@dataclass
class Run:
    """What is known of a job: its attempts, what the command gave, and the scores on the images of all draws' test."""

    job: str
    limit: float
    attempts: list[Attempt] = field(default_factory=list)
    kills: int = 0
    given: dict[str, object] | None = None
    scores: dict[str, object] | None = None

    @property
    def seconds(self) -> list[float]:
        """Of each attempt."""
        return [attempt.seconds for attempt in self.attempts]

    @property
    def faults(self) -> int:
        """Attempts that have ended by themselves, and not well: a command that is late ends so."""
        return sum(attempt.is_fault for attempt in self.attempts)

    @property
    def is_met(self) -> bool:
        """Whether its deadline is, as far as it has come: a second attempt does not mend a fault."""
        return is_met(self.seconds, self.limit, self.faults)

    @property
    def is_over(self) -> bool:
        """Whether it has ended, or its deadline is missed already."""
        return self.given is not None or not self.is_met

    @property
    def used(self) -> float:
        """The share of its time that it took."""
        return sum(self.seconds) / self.limit


class Runner:
    """Runs jobs in a folder that has their datasets. What is done is in ``results``, a line each."""

    def __init__(self, folder: Path, results: Path) -> None:
        self._folder, self._results = folder, Results(results, "job")

    def known(self, job: Job) -> Run:
        """Return what is known of a job."""
        file, known = self._file(job), self._results.find(str(job))
        if known is None and file.exists():
            known = json.loads(file.read_text())
        if known is None:
            return Run(str(job), job.limit)
        return Run(**known | {"attempts": [Attempt(**each) for each in known["attempts"]]})

    def is_done(self, job: Job) -> bool:
        """Say whether a job has ended, and its model was tested where it is compared; or was given up."""
        return _is_done(job, self.known(job))

    def run(self, job: Job) -> Run:
        """Run a job to its end, from where it was. Raises RuntimeError if the command fails, which is kept."""
        run = self.known(job)
        while run.given is None:
            self._attempt(job, run)
        if job.is_compared and run.scores is None:
            run.scores = self._tested(str(run.given["model"]))
            self._keep(job, run)
        return run

    def _attempt(self, job: Job, run: Run) -> None:
        attempt = Attempt(time.strftime("%Y-%m-%dT%H:%M:%S"), os.getloadavg()[0])
        run.attempts.append(attempt)
        doomed = self._moments(job)[run.kills :][:1]
        out, log = self._folder / f"{job}.json.out", self._folder / f"{job}.log"
        began = time.monotonic()
        with out.open("wb") as stdout, log.open("ab") as stderr:
            # Not of this terminal's group: Ctrl-C would stop a search, which is another end than an interruption.
            process = subprocess.Popen(self._command(job), stdout=stdout, stderr=stderr, start_new_session=True)
        try:
            while process.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_EVERY)
                attempt.seconds = round(time.monotonic() - began, 1)
                attempt.load_most = max(attempt.load_most, os.getloadavg()[0])
                self._keep(job, run)
                if process.poll() is None and doomed and sum(run.seconds) >= doomed[0]:
                    attempt.is_asked = True
                    _kill(process)
                    run.kills += 1
        except BaseException:
            attempt.is_asked = True
            process.send_signal(signal.SIGTERM)
            raise
        finally:
            attempt.status = process.wait()
            attempt.seconds = round(time.monotonic() - began, 1)
            self._keep(job, run)
        if attempt.status == 0:
            run.given = json.loads(out.read_text())
            self._keep(job, run)
        elif attempt.is_fault:
            raise RuntimeError(f"{job}: status {attempt.status}\n{log.read_text()[-3000:]}")

    def _moments(self, job: Job) -> list[float]:
        """Return after which seconds a job is killed, always the same."""
        chance = random.Random(str(job))
        return sorted(job.limit * chance.uniform(*_KILLED) for _ in range(job.kills))

    def _command(self, job: Job) -> list[str]:
        dataset, storage = str(self._folder / str(job.draw)), str(self._folder / "runs")
        given = [dataset, "--name", str(job), "--storage", storage]
        if job.contestant == FIT:
            return [GALAXY, "fit", *given, "--time-limit", f"{job.limit:.0f}s", "--or-resume", "--json"]
        module = "benchmarks.accuracy.contest.defaults"
        return [sys.executable, "-m", module, *given, "--seconds", f"{job.limit:.0f}"]

    def _tested(self, model: str) -> dict[str, object]:
        command = [GALAXY, "evaluate", model, str(self._folder / TEST), "--json"]
        found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        kept = ("count", "accuracy", "balanced_accuracy", "macro", "macro_f1_interval", "per_class")
        return {key: found[key] for key in kept}

    def _keep(self, job: Job, run: Run) -> None:
        beside = self._file(job).with_suffix(".part")
        beside.write_text(json.dumps(asdict(run), indent=1))
        beside.replace(self._file(job))
        if _is_done(job, run):
            # What the command gave is of this machine: where the model is.
            self._results.add(asdict(replace(run, given=None if run.given is None else {})))

    def _file(self, job: Job) -> Path:
        return self._folder / f"{job}.json"


def _is_done(job: Job, run: Run) -> bool:
    if run.given is None:
        return run.faults >= _MOST_FAULTS
    return run.scores is not None or not job.is_compared


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a command and all that it has started, as a machine that goes down does."""
    for pid in [process.pid, *descendants(process.pid)]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()
