"""Galaxy Tuner beside its peers on the same galaxies, the same space and the same CPU seconds: `make bench`.

    PYTHONPATH=tests python -m benchmarks.peers SOURCE.zip RESULTS.jsonl --work FOLDER [--minutes 30]

SOURCE is a zip of class folders, such as that of the real galaxies. Contestants: ours; Keras Tuner alone, by its
Hyperband and, with 500 images, by its Bayesian optimisation; Ray Tune with OptunaSearch and ASHA. *The same trainer*:
each searches the built-in space over our training of one network, so that the search alone differs. *As a user would
write it*: `galaxy fit` beside Keras's `fit` by the peers' guides (`contestants/with_….py`), with their defaults.

Budgets are CPU seconds of all processes of a contestant, start included, whatever else runs on the machine. Only
`galaxy fit` asks for seconds of the clock: it gets those in which all CPUs come to the budget, or such a share of them
as something new gets on a busy machine. What is the best network so far is kept as it changes, and tested afterwards,
not counted.

A piece begins what it can end within --minutes (one run at least), and says where all stands; the same command goes on
with the next, on another day too, and with RESULTS.jsonl, a line for each run that is over, on another machine. What is
under way at the end of a piece is ended as by a kill and goes on as its documentation has it. The first runs fix the
targets. A run begins only on an otherwise idle machine, or with --busy, and the load is kept. --report runs nothing.
The half to report is for once, at the end.
"""

import argparse
import sys
import time
from pathlib import Path

from benchmarks.accuracy.contest.draws import TEST
from benchmarks.accuracy.contest.idle import require_idle
from benchmarks.peers.figure import svg
from benchmarks.peers.images import DEVELOP, HALVES, import_images
from benchmarks.peers.jobs import SAME, Job, all_jobs
from benchmarks.peers.known import Run
from benchmarks.peers.reporting import comparisons, report
from benchmarks.peers.running import Runner

from cluster import terminable

_TESTING = 150.0
"""Seconds that the testing of a run's networks takes, about."""


@terminable()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("results", type=Path, help="of one image size")
    parser.add_argument("--work", type=Path, required=True, help="folder of datasets, searches and what is known")
    parser.add_argument("--minutes", type=float, default=30.0, help="of this piece")
    parser.add_argument("--half", choices=HALVES, default=DEVELOP, help="of the images tested on, for the report")
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--busy", action="store_true", help="run beside whatever else runs")
    parser.add_argument("--report", action="store_true", help="run nothing, say what is known")
    parser.add_argument("--figure", type=Path, help="write the time courses to this SVG file as well")
    parser.add_argument("--only", default="", help="run those alone whose names have this in them")
    parser.add_argument("--scale", type=float, default=1.0, help="of the budgets, to try it out in another folder")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    jobs = all_jobs(scale=options.scale)
    wanted = [job for job in jobs if options.only in str(job)]
    runner = Runner(options.work, options.results)
    if not options.report:
        began = time.monotonic()
        names = {TEST, *(job.draw for job in wanted)}
        import_images(options.source, options.work, image_size=options.image_size, names=sorted(names))
        piece(runner, wanted, ends=began + 60 * options.minutes, is_busy=options.busy)
    sys.stdout.write(report(runner, jobs, options.half))
    if options.figure is not None:
        panels = [one.panel() for one in comparisons(runner, jobs, options.half)]
        options.figure.write_text(svg(panels, half=options.half))


def piece(runner: Runner, jobs: list[Job], *, ends: float, is_busy: bool) -> None:
    """Run what is next, until the next one would not end before ``ends``, in monotonic seconds; the first is cut."""
    for number, job in enumerate([job for job in jobs if not runner.is_done(job)]):
        # Of the same trainer each training has one thread, and Keras Tuner one training at a time.
        at_once = 1 if job.mode == SAME and "keras" in job.contestant else 2
        if number > 0 and time.monotonic() + runner.seconds(job) / at_once + _TESTING > ends:
            return
        require_idle(is_busy=is_busy)
        _say(runner.run(job, until=ends))


def _say(run: Run) -> None:
    more = "" if run.is_over else ", goes on"
    said = f"{run.job}: {run.cpu:,.0f} of {run.budget:,.0f} CPU s, {len(run.found)} networks{more}"
    sys.stdout.write(f"{said}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
