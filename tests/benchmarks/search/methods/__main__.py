"""Which way to search wastes least: the default as it was and others, replayed from recorded learning curves.

    PYTHONPATH=tests python -m benchmarks.search.methods tests/benchmarks/search/curves/galaxies.jsonl [--half develop]

Replays are of two thirds of one half of the configurations, the defaults always among them (`cluster.testing.judge`);
the search sees the validation scores of one of the two beginnings, by turns; regret is that of the truth. Methods are
chosen on the half that is called ``develop``; ``report`` is for the one that was chosen, once.
"""

import argparse
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import fmean

import numpy as np
from benchmarks.search.curves.training import STEADY
from benchmarks.search.methods import oracles
from benchmarks.search.methods.halves import HALVES, Half, is_of
from benchmarks.search.methods.table import table
from ray.tune.schedulers import ASHAScheduler

from cluster.testing import METRIC, TIME, WITHIN, Course, Curve, Step, judge, pool, read_curves
from search import REDUCTION_FACTOR, GalaxyHyperModel, SearchSettings, discover

_OWN = "benchmarks.search.methods.oracles:"
BEFORE, DEFAULTS = "tpe + asha from a quarter", "defaults alone"
"""The default when the question was asked."""
FIRST_RUNG = "first rung"
"""As a share of the epochs."""
_FACTOR = "factor"
"""How many times fewer trials come to the next rung, which is so many times as far."""
_FEWEST = "fewest"
"""Trials that a rung has before any is stopped there."""
METHODS: dict[str, Mapping[str, object]] = {
    BEFORE: {"oracle": "tpe", "scheduler": "asha", FIRST_RUNG: 0.25},
    "random + asha from a quarter": {"oracle": "random", "scheduler": "asha", FIRST_RUNG: 0.25},
    "hyperband": {"oracle": "hyperband"},
    "tpe of the highest rung, from a quarter": {
        "oracle": f"{_OWN}rung_tpe",
        "scheduler": "asha",
        FIRST_RUNG: 0.25,
    },
    "one epoch for all, then the best": {"oracle": f"{_OWN}one_epoch_for_all", "scheduler": "none"},
    "promoting, random": {"oracle": f"{_OWN}promoting_random", "scheduler": "none"},
    "promoting, tpe of the highest rung": {"oracle": f"{_OWN}promoting_tpe", "scheduler": "none"},
    "promoting from a tenth, tpe": {"oracle": f"{_OWN}promoting_early", "scheduler": "none"},
    "near, promoting from a tenth": {"oracle": f"{_OWN}near_promoting", "scheduler": "none"},
    "near, from a quarter": {"oracle": f"{_OWN}near_tpe", "scheduler": "asha", FIRST_RUNG: 0.25},
    "near, from a tenth": {"oracle": f"{_OWN}near_early", "scheduler": "asha", FIRST_RUNG: 0.1},
    "random + asha from a tenth": {"oracle": "random", "scheduler": "asha", FIRST_RUNG: 0.1},
    "tpe + asha from a fortieth": {"oracle": "tpe", "scheduler": "asha", FIRST_RUNG: 0.025},
    "tpe + asha from a twentieth": {"oracle": "tpe", "scheduler": "asha", FIRST_RUNG: 0.05},
    "tpe + asha from a tenth": {"oracle": "tpe", "scheduler": "asha", FIRST_RUNG: 0.1},
    "tpe + asha from three twentieths": {"oracle": "tpe", "scheduler": "asha", FIRST_RUNG: 0.15},
    "tpe + asha from a tenth, of two": {"oracle": "tpe", "scheduler": "asha", FIRST_RUNG: 0.1, _FEWEST: 2},
    "tpe + asha from a tenth, of three": {"oracle": "tpe", "scheduler": "asha", FIRST_RUNG: 0.1, _FEWEST: 3},
    "tpe + asha from a fifth, of two": {"oracle": "tpe", "scheduler": "asha", FIRST_RUNG: 0.2, _FEWEST: 2},
    "tpe + asha from a tenth, by halves": {"oracle": "tpe", "scheduler": "asha", FIRST_RUNG: 0.1, _FACTOR: 2},
    "tpe + asha from a tenth, by quarters": {"oracle": "tpe", "scheduler": "asha", FIRST_RUNG: 0.1, _FACTOR: 4},
}
_DECIDED, _SOFT = "val_macro_f1_decided", "val_macro_f1_soft"
SEEN: Mapping[str, Mapping[str, float]] = {
    "decided": {_DECIDED: 1.0},
    "soft": {_SOFT: 1.0},
    "steady": {STEADY: 1.0},
    "soft and decided": {_SOFT: 0.5, _DECIDED: 0.5},
    "accuracy and decided": {"val_accuracy": 0.5, _DECIDED: 0.5},
}
"""What a search may see, scores by their weights."""
_SMOOTHED = 3
"""Epochs."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("curves", type=Path)
    parser.add_argument("--half", choices=HALVES, default=HALVES[0])
    parser.add_argument("--replays", type=int, default=100, help="a multiple of four")
    parser.add_argument("--epochs", type=int, default=240)
    parser.add_argument("--concurrency", type=int, default=2)
    parser.add_argument("--image-size", type=int, default=64, help="of the recording, which the space is for")
    parser.add_argument("--methods", nargs="*", default=list(METHODS))
    parser.add_argument("--seen", nargs="+", choices=SEEN, default=["decided"], help="scores, each with each method")
    parser.add_argument("--smoothed", action="store_true", help="each also averaged over the last epochs")
    options = parser.parse_args()
    space = discover(GalaxyHyperModel(input_shape=(options.image_size, options.image_size, 3), num_classes=5))
    times = {"replays": options.replays, "epochs": options.epochs, "concurrency": options.concurrency}
    courses: dict[str, list[Course]] = {}
    # Methods are compared on the same configurations: those that have all of the scores, with measured moments.
    everything = {STEADY, *(name for how in options.seen for name in SEEN[how])}
    for how in options.seen:
        curves = [seen(options.curves, one, SEEN[how], options.half, having=everything) for one in (0, 1)]
        if not curves[0]:
            parser.error(f"{options.curves} has no training with {', '.join(sorted(everything))}: record some first")
        epochs = oracles.recorded_epochs = curves[0][0].epochs
        for smooth in (False, True) if options.smoothed else (False,):
            views = [[replace(one, scores=smoothed(one.scores)) if smooth else one for one in each] for each in curves]
            for name in options.methods:
                method = dict(METHODS[name])
                share = method.pop(FIRST_RUNG, None)
                first = None if share is None else oracles.rungs_from(float(str(share)))[0]
                factor = float(str(method.pop(_FACTOR, REDUCTION_FACTOR)))
                fewest = int(str(method.pop(_FEWEST, 1)))
                make = None if first is None else partial(asha, first, epochs, factor, fewest)
                given = SearchSettings.model_validate({"name": "replayed"} | method)
                said_as = [name, *([] if how == options.seen[0] else [how]), *(["smoothed"] if smooth else [])]
                courses["; ".join(said_as)] = judge(views, given, space=space, make_scheduler=make, **times)
    plain = [seen(options.curves, one, SEEN[options.seen[0]], options.half, having=everything) for one in (0, 1)]
    courses[DEFAULTS] = [alone(plain[number % 2], number, options.epochs) for number in range(options.replays)]
    sys.stdout.write(said(courses, len(plain[0])))


def alone(curves: list[Curve], number: int, epochs: int) -> Course:
    """Follow the defaults, whose further beginnings change nothing of what they are worth."""
    among = pool(curves, number)
    steps = [Step(0.0, epoch, 0, epoch, score) for epoch, score in enumerate(among[0].scores, 1)]
    return Course.of(steps, among, epochs)


def asha(first_rung: int, epochs: int, factor: float, fewest: int) -> ASHAScheduler:
    """Make the scheduler of a search, but with other rungs, where none is stopped before ``fewest`` have come."""
    given = {"metric": METRIC, "time_attr": TIME, "mode": "max", "brackets": 1, "stop_last_trials": False}
    scheduler = ASHAScheduler(max_t=epochs, grace_period=first_rung, reduction_factor=factor, **given)
    (bracket,) = scheduler._brackets
    cutoff = bracket.cutoff
    bracket.cutoff = lambda recorded: None if len(recorded) < fewest else cutoff(recorded)
    return scheduler


def seen(
    path: Path, beginning: int, weights: Mapping[str, float], half: Half, *, having: Collection[str]
) -> list[Curve]:
    """Read the curves of a half that have some scores; the search sees the mean of those that have weights."""
    read = {name: read_curves(path, beginning=beginning, objective=name) for name in having}
    numbers = set.intersection(*({one.number for one in curves} for curves in read.values()))
    chosen = [[one for one in read[name] if one.number in numbers and is_of(half, one.number)] for name in weights]
    parts = [*weights.values()]
    return [
        replace(those[0], scores=tuple(fmean(each, parts) for each in zip(*(one.scores for one in those), strict=True)))
        for those in zip(*chosen, strict=True)
    ]


def smoothed(scores: Sequence[float]) -> tuple[float, ...]:
    """Average each score with the ones before it."""
    return tuple(fmean(scores[max(0, end - _SMOOTHED) : end]) for end in range(1, len(scores) + 1))


def said(courses: Mapping[str, list[Course]], configurations: int) -> str:
    """Return the tables: of the replays whose defaults are not near the best already, and of all."""
    near = np.array([course.regret[-1] <= WITHIN * course.best for course in courses[DEFAULTS]])
    said = f"{configurations} configurations; in {near.mean():.0%} of {len(near)} replays the defaults are within 1 %"
    far = {
        name: [course for course, is_near in zip(all_, near, strict=True) if not is_near]
        for name, all_ in courses.items()
    }
    tables = [f"{said}; the others:\n", table(far, BEFORE)] if (~near).sum() > 1 else []
    return "\n".join([*tables, "All replays:\n", table(courses, BEFORE)])


if __name__ == "__main__":
    main()
