"""How good a way to search is: many replays, each among another choice of the configurations that were recorded."""

import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ray.tune.schedulers import TrialScheduler

from cluster.testing.curves import Curve
from cluster.testing.regret import PER_POOL, SHARE, Course
from cluster.testing.replaying import replay
from search import SearchSettings
from trainer import Objective

if TYPE_CHECKING:  # it imports Keras, which is told what to be by `search`
    import keras_tuner


def judge(
    curves: Sequence[Sequence[Curve]],
    settings: SearchSettings,
    *,
    space: "keras_tuner.HyperParameters",
    replays: int = 100,
    epochs: int = 240,
    concurrency: int = 2,
    make_scheduler: Callable[[], TrialScheduler] | None = None,
) -> list[Course]:
    """Return the course of each of many replays, to be given to `compare` beside those of another way.

    ``curves`` are those of each beginning, all of the same configurations. The search is given the first, which are the
    defaults, to begin with, and is replayed with other seeds, by turns on each beginning, among the configurations of a
    `pool`, until the oracle has nothing left to try or ``epochs`` are trained, whatever the number of trials that
    ``settings`` give. ``make_scheduler`` makes a scheduler of your own for each, see `replay`.
    """
    courses = []
    for number in range(replays):
        among = pool(curves[number % len(curves)], number)
        # No number of trials: promotions would count, and what hyperband makes follows from the recorded epochs.
        changes = {"trials": None, "points": [among[0].values], "seed": number + 1, "epochs": among[0].epochs}
        given = settings.model_copy(update=changes)
        scheduler = None if make_scheduler is None else make_scheduler()
        steps = replay(among, given, space=space, concurrency=concurrency, most_epochs=epochs, scheduler=scheduler)
        direction = Objective.parse(settings.objective).direction
        courses.append(Course.of(steps, among, epochs, direction=direction))
    return courses


def pool(curves: Sequence[Curve], number: int) -> list[Curve]:
    """Return the configurations of the ``number``-th replay, from 0: the first, and two thirds of the others."""
    others = random.Random(number // PER_POOL).sample(curves[1:], round(SHARE * (len(curves) - 1)))
    return [curves[0], *others]
