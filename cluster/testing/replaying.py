"""A whole search from recorded curves: the real oracle, scheduler, conductor and ledger, in a folder of their own."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ray.tune.schedulers import TrialScheduler

from cluster.testing.curves import Curve
from cluster.testing.simulated_runner import Step, run_simulated
from datasets import open_folder
from search import Conductor, Ledger, SearchLayout, SearchSettings, SearchSpecification, complete, make_oracle, now
from trainer import Objective

if TYPE_CHECKING:  # it imports Keras, which is told what to be by `search`
    import keras_tuner

_IN_MEMORY = Path("/dev/shm")


def replay(
    curves: Sequence[Curve],
    settings: SearchSettings,
    *,
    space: "keras_tuner.HyperParameters",
    concurrency: int = 1,
    most_epochs: int | None = None,
    scheduler: TrialScheduler | None = None,
) -> list[Step]:
    """Search among the configurations of ``curves`` as ``settings`` say, and return each epoch; see `run_simulated`.

    ``settings.points`` are tried first, and must be among them. ``space`` is what the configurations are of.
    ``scheduler`` is used instead of the settings': a new one of Ray Tune's kind for ``metric=METRIC, time_attr=TIME``.
    """
    objective = Objective.parse(settings.objective)
    specification = SearchSpecification(
        format="galaxy-tuner-search/1",
        settings=settings,
        objective_name=objective.name,
        objective_direction=objective.direction,
        dataset="recorded",
        fingerprint="recorded",
        classes=("recorded",),
        image_shape=(1, 1, 3),
        created=now(),
        versions={},
    )
    oracle = make_oracle(
        settings.oracle,
        hyperparameters=space,
        objective=objective,
        max_trials=settings.trials,
        seed=settings.seed,
        max_epochs=settings.epochs,
    )
    # As the oracle's own proposals are written, or a configuration would seem another one.
    oracle.pool = [complete(space, curve.values) for curve in curves]
    with tempfile.TemporaryDirectory(prefix="replay-", dir=_IN_MEMORY if _IN_MEMORY.is_dir() else None) as place:
        ledger = Ledger(SearchLayout(open_folder(place)))
        conductor = Conductor.resumed(specification, ledger, oracle)
        return run_simulated(conductor, curves, concurrency=concurrency, most_epochs=most_epochs, scheduler=scheduler)
