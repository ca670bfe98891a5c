"""Which way to search wastes least: today's default and others, replayed from recorded learning curves.

    PYTHONPATH=tests python -m benchmarks.search.methods tests/benchmarks/search/curves/galaxies.jsonl [--half develop]

Each replay draws two thirds of one half of the configurations (the defaults are always among them) and one of the two
beginnings, whose validation scores the search sees; regret is that of the truth. Methods are chosen on the half that is
called ``develop``; ``report`` is for the one that was chosen, once.
"""

import argparse
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from unittest import mock

import numpy as np
from benchmarks.search.methods.regret import SHARE, WITHIN, Course, table

from cluster.testing import Curve, Step, read_curves, replay
from search import GalaxyHyperModel, SearchSettings, discover, grace_epochs

_OWN = "benchmarks.search.methods.oracles:"
TODAY, DEFAULTS = "tpe + asha", "defaults alone"
_FIRST_RUNG, _SEEN = "first rung", "seen"
SCORES, ACCURACY = "val_macro_f1_decided", "val_accuracy"
PLAIN, SMOOTHED, WITH_ACCURACY = HOW = "plain", "smoothed", "with the accuracy"
_SMOOTHED = 3
"""Epochs."""
METHODS: dict[str, Mapping[str, object]] = {
    TODAY: {"oracle": "tpe", "scheduler": "asha"},
    "random + asha": {"oracle": "random", "scheduler": "asha"},
    "hyperband": {"oracle": "hyperband", "trials": None},
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
    "all of these": {"oracle": f"{_OWN}near_tpe", "scheduler": "asha", _FIRST_RUNG: 2, _SEEN: WITH_ACCURACY},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("curves", type=Path)
    parser.add_argument("--half", choices=("develop", "report", "all"), default="develop")
    parser.add_argument("--replays", type=int, default=100)
    parser.add_argument("--epochs", type=int, default=240)
    parser.add_argument("--concurrency", type=int, default=2)
    parser.add_argument("--methods", nargs="*", default=list(METHODS))
    options = parser.parse_args()
    views = {how: [half(seen(options.curves, one, how), options.half) for one in (0, 1)] for how in HOW}
    space = discover(GalaxyHyperModel(input_shape=(64, 64, 3), num_classes=5))
    courses: dict[str, list[Course]] = {name: [] for name in [*options.methods, DEFAULTS]}
    for number in range(options.replays):
        for name in options.methods:
            method = dict(METHODS[name])
            pool = drawn(views[str(method.pop(_SEEN, PLAIN))][number % 2], random.Random(number))
            settings = {"name": "replayed", "trials": len(pool), "seed": number + 1, "epochs": pool[0].epochs}
            first_rung = method.pop(_FIRST_RUNG, grace_epochs(pool[0].epochs))
            given = SearchSettings.model_validate(settings | {"points": [pool[0].values]} | method)
            with mock.patch("cluster.driving.scheduling.grace_epochs", lambda _epochs, first=first_rung: first):
                steps = replay(pool, given, space=space, concurrency=options.concurrency, most_epochs=options.epochs)
            courses[name].append(Course.of(steps, pool, options.epochs))
        pool = drawn(views[PLAIN][number % 2], random.Random(number))
        alone = [Step(0.0, epoch, 0, epoch, score) for epoch, score in enumerate(pool[0].scores, 1)]
        courses[DEFAULTS].append(Course.of(alone, pool, options.epochs))
    sys.stdout.write(said(courses, len(views[PLAIN][0])))


def seen(path: Path, beginning: int, how: str) -> list[Curve]:
    """Read the curves; the search sees their scores, those averaged over the last epochs, or those and the accuracy."""
    curves = read_curves(path, beginning=beginning, objective=SCORES)
    if how == PLAIN:
        return curves
    accurate = read_curves(path, beginning=beginning, objective=ACCURACY)
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


def half(curves: list[Curve], which: str) -> list[Curve]:
    """Return the defaults and every other configuration of each part, from the first for ``develop``."""
    if which == "all":
        return curves
    others = [[curve for curve in curves[1:] if curve.part == part] for part in ("uniform", "near")]
    first = 0 if which == "develop" else 1
    return [curves[0], *(curve for part in others for curve in part[first::2])]


def drawn(curves: list[Curve], chosen: random.Random) -> list[Curve]:
    """Return the defaults and two thirds of the others."""
    return [curves[0], *chosen.sample(curves[1:], round(SHARE * (len(curves) - 1)))]


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
