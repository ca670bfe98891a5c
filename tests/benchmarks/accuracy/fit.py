"""The proof of `galaxy fit`: is it better than the space's defaults given the same time, and does it end in time?

    PYTHONPATH=tests python -m benchmarks.accuracy.fit SOURCE.zip RESULTS.jsonl --work FOLDER [--minutes 30]

SOURCE is a zip of class folders, such as that of the real galaxies. Draws from it that share no image with each other
nor with the images tested on: 5 of 2,000 with 15 minutes each, 10 of 500 with 5. On each `galaxy fit` and the space's
defaults (`contest/defaults.py`, with a fit's epochs) are given the same time, by turns. Then five fits of other lengths
for their deadlines, three of them killed with all their processes on the way. A deadline is missed too where a fit ends
by itself with a fault: it is tried once more, with what is left of its time, and still counts as missed.

A piece begins what it can end within --minutes (one run at least), and says where all stands; the same command goes on
with the next, on another day too, and with RESULTS.jsonl, a line for each run that is over, on another machine. It can
be ended at any time: the run under way goes on where it was, as an interruption is what `galaxy fit` outlasts. A run
begins only on an otherwise idle machine, or with --busy, and the load is kept. --report runs nothing.

What the intervals are of: the draws. Tested is on the same images always; what they have in common is no luck of a
draw. The defaults were tuned on galaxies of this kind: the figures compare contestants, and estimate nothing of others.
"""

import argparse
import sys
import time
from pathlib import Path
from statistics import fmean

from benchmarks.accuracy.contest.draws import SIZES, Draw, import_draws
from benchmarks.accuracy.contest.idle import IDLE, require_idle
from benchmarks.accuracy.contest.jobs import CONTESTANTS, DEFAULTS, FIT, LIMITS, Job, all_jobs
from benchmarks.accuracy.contest.judging import shown_to_hold, verdict
from benchmarks.accuracy.contest.running import Run, Runner

from cluster import terminable
from search import MOST_BEGINNINGS

_TESTING = 150.0
"""Seconds that the testing of a model takes, about."""


@terminable()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("results", type=Path, help="of one seed and image size")
    parser.add_argument("--work", type=Path, required=True, help="folder of datasets, searches and what is known")
    parser.add_argument("--minutes", type=float, default=30.0, help="of this piece")
    parser.add_argument("--seed", type=int, default=1, help="of the draws")
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--size", type=int, choices=SIZES, help="images of the draws to run, of all others none now")
    parser.add_argument("--busy", action="store_true", help="run beside whatever else runs")
    parser.add_argument("--report", action="store_true", help="run nothing, say what is known")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    runner = Runner(options.work, options.results)
    if not options.report:
        began = time.monotonic()
        import_draws(options.source, options.work, seed=options.seed, image_size=options.image_size)
        piece(runner, ends=began + 60 * options.minutes, size=options.size, is_busy=options.busy)
    sys.stdout.write(report(runner))


def piece(runner: Runner, *, ends: float, size: int | None, is_busy: bool) -> None:
    """Run what is next, one job at least, until the next one would not end before ``ends``, in monotonic seconds."""
    wanted = [job for job in all_jobs() if size in (None, job.draw.size) and not runner.is_done(job)]
    for number, job in enumerate(wanted):
        left = max(0.0, job.limit - sum(runner.known(job).seconds))
        if number > 0 and time.monotonic() + left + job.is_compared * _TESTING > ends:
            return
        require_idle(is_busy=is_busy)
        _say(runner.run(job))


def _say(run: Run) -> None:
    tested = "" if run.scores is None else f", macro F1 {_macro_f1(run):.4f}"
    sys.stdout.write(f"{run.job}: {sum(run.seconds):,.0f} of {run.limit:,.0f} s{tested}\n")
    sys.stdout.flush()


def report(runner: Runner) -> str:
    """Return all that is known, as Markdown."""
    lines = ["", f"| draw | {' | '.join(CONTESTANTS)} | gain |", "| --- " * (len(CONTESTANTS) + 2) + "|"]
    verdicts = []
    for size, planned in SIZES.items():
        gains = []
        for number in range(1, planned + 1):
            runs = {one: runner.known(Job(Draw(size, number), one, LIMITS[size])) for one in CONTESTANTS}
            found = {one: _macro_f1(run) for one, run in runs.items() if run.scores is not None}
            gain = ""
            if {FIT, DEFAULTS} <= found.keys():
                gains.append(found[FIT] - found[DEFAULTS])
                gain = f"{gains[-1]:+.4f}"
            if found:
                shown = (f"{found[one]:.4f}" if one in found else "" for one in CONTESTANTS)
                lines.append(f"| {size}-{number} | {' | '.join(shown)} | {gain} |")
        verdicts.append(f"- {size:,} images, {LIMITS[size] / 60:g} minutes: {verdict(gains, planned)}")
    return "\n".join([*lines, "", *_used(runner), *verdicts, *_deadlines(runner), *_loads(runner)]) + "\n"


def _used(runner: Runner) -> list[str]:
    """Say how much of its time each contestant used: the table compares what they made of what they were given."""
    told = []
    for one in CONTESTANTS:
        runs = [runner.known(job) for job in all_jobs() if job.contestant == one and job.is_compared]
        if used := [run.used for run in runs if run.given is not None]:
            told.append(f"{one} {fmean(used):.0%} (of a run {min(used):.0%} to {max(used):.0%})")
    most = f"the defaults stop at {MOST_BEGINNINGS} beginnings, as each finalist of a fit does"
    return [f"- time used of what each had: {', '.join(told)}; {most}"] if told else []


def _deadlines(runner: Runner) -> list[str]:
    jobs = [job for job in all_jobs() if job.contestant == FIT]
    runs = [run for run in map(runner.known, jobs) if run.is_over]
    if not runs:
        return []
    missed = [run for run in runs if not run.is_met]
    met, unused = len(runs) - len(missed), [1 - run.used for run in runs]
    killed = sum(run.kills > 0 for run in runs)
    named = "".join(f"; {run.job} {_how(run)}" for run in missed)
    held = f"which shows that {shown_to_hold(met, len(runs)):.0%} are, at least"
    left = f"most time left {max(unused):.0%}"
    return [
        f"- deadlines: {met} of {len(runs)} met ({len(jobs)} planned), {killed} of them killed, {held}; {left}{named}"
    ]


def _how(run: Run) -> str:
    """Say how a deadline was missed."""
    took = f"took {sum(run.seconds):.1f} of {run.limit:.0f} s"
    faults = [attempt for attempt in run.attempts if attempt.is_fault]
    return took + "".join(f", ended with status {one.status} after {one.seconds:.1f} s" for one in faults)


def _loads(runner: Runner) -> list[str]:
    begun = [attempt for job in all_jobs() for attempt in runner.known(job).attempts]
    busy = sum(attempt.load_before > IDLE for attempt in begun)
    faults, asked = sum(attempt.is_fault for attempt in begun), sum(attempt.is_asked for attempt in begun)
    told = f"{busy} of {len(begun)} starts were on a machine with a load above {IDLE} before"
    return [f"- {told}; {faults} ended with a fault, {asked} were killed or interrupted"] if begun else []


def _macro_f1(run: Run) -> float:
    assert run.scores is not None
    macro = run.scores["macro"]
    assert isinstance(macro, dict)
    return float(macro["f1"])


if __name__ == "__main__":
    main()
