"""Which way to search wastes least: today's default and others, replayed from recorded learning curves.

    PYTHONPATH=tests python -m benchmarks.search.methods tests/benchmarks/search/curves/galaxies.jsonl [--half develop]

Replays are of two thirds of one half of the configurations, the defaults always among them (`cluster.testing.judge`);
the search sees the validation scores of one of the two beginnings, by turns; regret is that of the truth. Methods are
chosen on the half that is called ``develop``; ``report`` is for the one that was chosen, once.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import fmean

import numpy as np
from benchmarks.search.methods.halves import HALVES, Half, is_of
from benchmarks.search.methods.table import table
from ray.tune.schedulers import ASHAScheduler

from cluster.testing import METRIC, TIME, WITHIN, Course, Curve, Step, judge, pool, read_curves
from search import REDUCTION_FACTOR, GalaxyHyperModel, SearchSettings, discover

_OWN = "benchmarks.search.methods.oracles:"
TODAY, DEFAULTS = "tpe + asha", "defaults alone"
_FIRST_RUNG, _SEEN = "first rung", "seen"
SCORES, SOFT_SCORES, ACCURACY = "val_macro_f1_decided", "val_macro_f1_soft", "val_accuracy"
PLAIN, SMOOTHED, WITH_ACCURACY, SOFT = HOW = "plain", "smoothed", "with the accuracy", "soft"
_SMOOTHED = 3
"""Epochs."""
METHODS: dict[str, Mapping[str, object]] = {
    TODAY: {"oracle": "tpe", "scheduler": "asha"},
    "random + asha": {"oracle": "random", "scheduler": "asha"},
    "hyperband": {"oracle": "hyperband"},
    "tpe of the highest rung + asha": {"oracle": f"{_OWN}rung_tpe", "scheduler": "asha"},
    "one epoch for all, then the best": {"oracle": f"{_OWN}one_epoch_for_all", "scheduler": "none"},
    "promoting, random": {"oracle": f"{_OWN}promoting_random", "scheduler": "none"},
    "promoting, tpe of the highest rung": {"oracle": f"{_OWN}promoting_tpe", "scheduler": "none"},
    "promoting from epoch 2, tpe": {"oracle": f"{_OWN}promoting_early", "scheduler": "none"},
    "half near the defaults, tpe + asha": {"oracle": f"{_OWN}near_tpe", "scheduler": "asha"},
    "tpe + asha from epoch 2": {"oracle": "tpe", "scheduler": "asha", _FIRST_RUNG: 2},
    "tpe + asha from epoch 3": {"oracle": "tpe", "scheduler": "asha", _FIRST_RUNG: 3},
    "tpe + asha, scores smoothed": {"oracle": "tpe", "scheduler": "asha", _SEEN: SMOOTHED},
    "tpe + asha, with the accuracy": {"oracle": "tpe", "scheduler": "asha", _SEEN: WITH_ACCURACY},
    "tpe + asha, soft": {"oracle": "tpe", "scheduler": "asha", _SEEN: SOFT},
    "tpe + asha from epoch 2, soft": {"oracle": "tpe", "scheduler": "asha", _FIRST_RUNG: 2, _SEEN: SOFT},
    "near, from epoch 2, soft": {"oracle": f"{_OWN}near_tpe", "scheduler": "asha", _FIRST_RUNG: 2, _SEEN: SOFT},
    "promoting from epoch 2, tpe, soft": {"oracle": f"{_OWN}promoting_early", "scheduler": "none", _SEEN: SOFT},
    "near, promoting from epoch 2, soft": {"oracle": f"{_OWN}near_promoting", "scheduler": "none", _SEEN: SOFT},
    "all of these": {"oracle": f"{_OWN}near_tpe", "scheduler": "asha", _FIRST_RUNG: 2, _SEEN: WITH_ACCURACY},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("curves", type=Path)
    parser.add_argument("--half", choices=HALVES, default=HALVES[0])
    parser.add_argument("--replays", type=int, default=100, help="a multiple of four")
    parser.add_argument("--epochs", type=int, default=240)
    parser.add_argument("--concurrency", type=int, default=2)
    parser.add_argument("--methods", nargs="*", default=list(METHODS))
    options = parser.parse_args()
    views = {how: [seen(options.curves, one, how, options.half) for one in (0, 1)] for how in HOW}
    space = discover(GalaxyHyperModel(input_shape=(64, 64, 3), num_classes=5))
    courses: dict[str, list[Course]] = {}
    for name in options.methods:
        method = dict(METHODS[name])
        curves = views[str(method.pop(_SEEN, PLAIN))]
        first_rung = method.pop(_FIRST_RUNG, None)
        make = None if first_rung is None else partial(asha, int(str(first_rung)), curves[0][0].epochs)
        given = SearchSettings.model_validate({"name": "replayed"} | method)
        times = {"replays": options.replays, "epochs": options.epochs, "concurrency": options.concurrency}
        courses[name] = judge(curves, given, space=space, make_scheduler=make, **times)
    courses[DEFAULTS] = [alone(views[PLAIN][number % 2], number, options.epochs) for number in range(options.replays)]
    sys.stdout.write(said(courses, len(views[PLAIN][0])))


def alone(curves: list[Curve], number: int, epochs: int) -> Course:
    """Follow the defaults, whose further beginnings change nothing of what they are worth."""
    among = pool(curves, number)
    steps = [Step(0.0, epoch, 0, epoch, score) for epoch, score in enumerate(among[0].scores, 1)]
    return Course.of(steps, among, epochs)


def asha(first_rung: int, epochs: int) -> ASHAScheduler:
    """Make the scheduler of a search, but with another first rung."""
    given = {"metric": METRIC, "time_attr": TIME, "mode": "max", "brackets": 1, "stop_last_trials": False}
    return ASHAScheduler(max_t=epochs, grace_period=first_rung, reduction_factor=REDUCTION_FACTOR, **given)


def seen(path: Path, beginning: int, how: str, half: Half) -> list[Curve]:
    """Read the curves; the search sees their scores, those averaged over the last epochs, or those and the accuracy."""

    def read(objective: str) -> list[Curve]:
        return [one for one in read_curves(path, beginning=beginning, objective=objective) if is_of(half, one.number)]

    curves = read(SOFT_SCORES if how == SOFT else SCORES)
    if how in (PLAIN, SOFT):
        return curves
    accurate = read(ACCURACY)
    views = []
    for curve, other in zip(curves, accurate, strict=True):
        scores = smoothed(curve.scores)
        if how == WITH_ACCURACY:
            scores = tuple((one + two) / 2 for one, two in zip(scores, smoothed(other.scores), strict=True))
        views.append(replace(curve, scores=scores))
    return views


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
    tables = [f"{said}; the others:\n", table(far, TODAY)] if (~near).sum() > 1 else []
    return "\n".join([*tables, "All replays:\n", table(courses, TODAY)])


if __name__ == "__main__":
    main()
