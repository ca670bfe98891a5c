"""What is known, as Markdown: the tables, the goals beside, and what they rest on."""

import io
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

from benchmarks.accuracy.contest.idle import IDLE
from benchmarks.accuracy.contest.judging import Gain
from benchmarks.peers.figure import Panel
from benchmarks.peers.images import SIZES
from benchmarks.peers.jobs import (
    BAYESIAN,
    COMPARED,
    CONTESTANTS,
    DRAWS,
    GALAXY,
    KERAS_TUNER,
    KILLED,
    RAY_TUNE,
    SAME,
    TARGET,
    TARGETS,
    TITLES,
    USER,
    Job,
)
from benchmarks.peers.judging import (
    Course,
    Ratio,
    Reached,
    median_time,
    reached,
    restricted_mean,
    seconds_back,
    target_of,
    trained_again,
)
from benchmarks.peers.known import Run
from benchmarks.peers.running import Runner

MODES = {SAME: "the same trainer, one network", USER: "as a user would write it"}
GOALS = {
    (USER, KERAS_TUNER): 3.0,
    (USER, BAYESIAN): 3.0,
    (USER, RAY_TUNE): 1.5,
    (SAME, KERAS_TUNER): 1.5,
    (SAME, BAYESIAN): 1.5,
    (SAME, RAY_TUNE): 1.5,
}
"""How many times as long a peer takes to the target, at least."""
_NONE = "not run yet"


@dataclass(frozen=True)
class Comparison:
    """All runs of a size and a mode, as far as they are over, on one half."""

    size: int
    mode: str
    jobs: Sequence[Job]
    runner: Runner
    half: str

    @property
    def title(self) -> str:
        return f"{self.size:,} galaxies, {MODES[self.mode]}"

    @property
    def target(self) -> float | None:
        """The target, None until all draws that fix it have been run."""
        courses = [self.course(job) for job in self._of(KERAS_TUNER, TARGET)]
        known = [course[-1][1] for course in courses if course]
        return target_of(known) if len(known) == TARGETS else None

    def course(self, job: Job) -> Course:
        """Return the course of a run, empty while it is not over."""
        return self.runner.known(job).course(self.half)

    def over(self, contestant: str) -> list[Job]:
        """Return the runs of a contestant that have a course."""
        return [job for job in self._of(contestant, COMPARED) if self.course(job)]

    def times(self, jobs: Sequence[Job], target: float) -> list[Reached]:
        """Return when each reached the target."""
        return [reached(self.course(job), target, job.budget) for job in jobs]

    def panel(self) -> Panel:
        """Return it as a plot."""
        courses = {TITLES[one]: [self.course(job) for job in self.over(one)] for one in CONTESTANTS[self.size]}
        budget = max(job.budget for job in self.jobs if job.size == self.size)
        return Panel(self.title, budget, courses, self.target)

    def _of(self, contestant: str, purpose: str) -> list[Job]:
        wanted = (self.size, self.mode, contestant, purpose)
        return [job for job in self.jobs if (job.size, job.mode, job.contestant, job.purpose) == wanted]


def comparisons(runner: Runner, jobs: Sequence[Job], half: str) -> list[Comparison]:
    """Return those of all sizes and modes."""
    return [Comparison(size, mode, jobs, runner, half) for size in SIZES for mode in DRAWS]


def report(runner: Runner, jobs: Sequence[Job], half: str) -> str:
    """Return all that is known."""
    lines = [f"On the half to {half}."]
    for one in comparisons(runner, jobs, half):
        lines += ["", f"**{one.title}**", "", *_table(one), "", *_goals(one)]
    lines += ["", "**A kill in the middle**", "", *_kills(runner, jobs), "", *_footing(runner, jobs)]
    return "\n".join(lines) + "\n"


def _table(one: Comparison) -> list[str]:
    target = one.target
    said = "the target is fixed when all of its draws are run" if target is None else f"the target is {target:.4f}"
    head = (
        f"{one.size:,}: {said}",
        "runs",
        "macro F1 at the end",
        "reached",
        "CPU s to the target: median",
        "mean, up to the budget",
        "times ours",
        "CPU s used",
        "epochs",
        "most memory, GB",
        "a suggestion, s",
        "user's lines",
    )
    lines = [f"| {' | '.join(head)} |", "| --- " * len(head) + "|"]
    for contestant in CONTESTANTS[one.size]:
        jobs = one.over(contestant)
        cells = [TITLES[contestant], f"{len(jobs)} of {DRAWS[one.mode]}", *_found(one, contestant, jobs, target)]
        cells += [*_costs([one.runner.known(job) for job in jobs]), _lines_of(contestant, one.mode)]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _found(one: Comparison, contestant: str, jobs: Sequence[Job], target: float | None) -> list[str]:
    if not jobs:
        return [_NONE, *[""] * 4]
    last = Gain.of([one.course(job)[-1][1] for job in jobs])
    scores = f"{last.mean:.4f}" + (f" (± {last.high - last.mean:.4f})" if last.draws > 1 else "")
    if target is None:
        return [scores, *[""] * 4]
    times = one.times(jobs, target)
    middle = median_time(times)
    reached_ = f"{sum(not time.is_censored for time in times)} of {len(times)}"
    shown = f"{'> ' * middle.is_censored}{middle.seconds:,.0f}"
    ratio = _ratio(one, contestant, target)
    return [scores, reached_, shown, f"{restricted_mean(times):,.0f}", "" if ratio is None else str(ratio)]


def _ratio(one: Comparison, contestant: str, target: float) -> Ratio | None:
    """Compare on the draws that both have run."""
    if contestant == GALAXY:
        return None
    by_number = [{job.number: job for job in one.over(each)} for each in (GALAXY, contestant)]
    both = sorted(by_number[0].keys() & by_number[1].keys())
    if not both:
        return None
    ours, theirs = (one.times([jobs[number] for number in both], target) for jobs in by_number)
    return Ratio.of(ours, theirs)


def _costs(runs: Sequence[Run]) -> list[str]:
    if not runs:
        return [""] * 4
    suggestions = [seconds for run in runs for seconds in run.suggestions]
    return [
        f"{fmean(run.cpu for run in runs):,.0f}",
        f"{fmean(run.trained for run in runs):,.0f}",
        f"{max(run.peak_bytes for run in runs) / 1e9:.1f}",
        f"{median(suggestions):.3f} (at most {max(suggestions):.2f})" if suggestions else "",
    ]


def _lines_of(contestant: str, mode: str) -> str:
    if mode == SAME:
        return ""
    name = f"with_{contestant.replace('-', '_')}.py"
    return str(code_lines((Path(__file__).with_name("contestants") / name).read_text()))


def code_lines(source: str) -> int:
    """Count the lines of Python that have code: no comments, no text that stands alone."""
    nothing = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines, begins = set(), True
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in nothing and not (begins and token.type == tokenize.STRING):
            lines.update(range(token.start[0], token.end[0] + 1))
        begins = token.type in nothing and (token.type != tokenize.COMMENT)
    return len(lines)


def _goals(one: Comparison) -> list[str]:
    lines = []
    for contestant in CONTESTANTS[one.size][1:]:
        goal, ratio = GOALS[one.mode, contestant], None if one.target is None else _ratio(one, contestant, one.target)
        found = _NONE if ratio is None else f"{ratio}: {ratio.verdict(goal)}"
        worse = f"; {_worse(one, contestant)}" if one.mode == SAME and ratio is not None else ""
        lines.append(f"- goal: {TITLES[contestant]} takes ≥ {goal:g}× as long to the target; {found}{worse}")
    return lines


def _worse(one: Comparison, contestant: str) -> str:
    """Say how much higher ours ends, draw by draw."""
    last = [{job.number: one.course(job)[-1][1] for job in one.over(each)} for each in (GALAXY, contestant)]
    gain = Gain.of([last[0][number] - last[1][number] for number in last[0].keys() & last[1].keys()])
    return f"macro F1 at the end {gain.mean:+.4f} ({gain.low:+.4f} to {gain.high:+.4f})"


def _kills(runner: Runner, jobs: Sequence[Job]) -> list[str]:
    head = (
        "CPU s",
        "trials known before, and no more",
        "trainings that began again",
        "their epochs",
        "from the kill to the first new epoch",
    )
    lines = [f"| run | {' | '.join(head)} |", "| --- " * (len(head) + 1) + "|"]
    for job in jobs:
        run = runner.known(job)
        if job.purpose != KILLED or not run.is_over:
            continue
        if run.kill is None:
            lines.append(f"| {TITLES[job.contestant]}, {job.draw} | ended before, at {run.cpu:,.0f} | | | | |")
            continue
        lost = set(run.kill.trials) - set(run.trials)
        again, epochs = trained_again(run.epochs, run.kill.cpu)
        back = seconds_back(run.epochs, run.kill.cpu)
        cells = [f"{TITLES[job.contestant]}, {job.draw}", f"killed at {run.kill.cpu:,.0f} of {run.budget:,.0f}"]
        cells += [f"{len(lost)} of {len(run.kill.trials)}", str(again), str(epochs)]
        lines.append(f"| {' | '.join([*cells, 'never' if back is None else f'{back:,.0f} s'])} |")
    return lines if len(lines) > 2 else [f"{_NONE}."]


def _footing(runner: Runner, jobs: Sequence[Job]) -> list[str]:
    runs = [runner.known(job) for job in jobs]
    attempts = [attempt for run in runs for attempt in run.attempts]
    if not attempts:
        return []
    over, given_up = sum(run.is_over for run in runs), [run.job for run in runs if run.is_given_up]
    busy = sum(attempt.load_before > IDLE for attempt in attempts)
    fits = [runner.known(job) for job in jobs if job.mode == USER and job.contestant == GALAXY]
    cut = sum(run.is_over and run.attempts[-1].is_asked for run in fits)
    return [
        f"- {over} of {len(runs)} runs are over; {sum(run.interruptions for run in runs)} interruptions of runs that "
        f"went on, {sum(run.faults for run in runs)} faults{'; given up: ' * bool(given_up)}{', '.join(given_up)}",
        f"- {busy} of {len(attempts)} starts were on a machine with a load above {IDLE} before",
        f"- {cut} of {sum(run.is_over for run in fits)} fits were ended at the budget, before their time",
    ]
