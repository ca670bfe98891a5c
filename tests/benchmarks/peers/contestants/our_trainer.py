"""Each search on the same trainer: one network of a trial, its data, schedule and validation score are ours.

What differs is what proposes, what stops, and what both cost. A training is one of `trainer.TrainingRun` in a folder of
its own, on one thread, and goes on from its last epoch.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras_tuner
from benchmarks.peers.contestants.noting import mark_of
from benchmarks.peers.space import define_by_run
from ray import tune
from ray.tune.schedulers import ASHAScheduler
from ray.tune.search.optuna import OptunaSearch

from cluster import resume_search, run_search
from datasets import Dataset, open_folder
from search import Builder, GalaxyHyperModel, LedgerError, SearchSettings, discover, training_options
from trainer import EpochReport, Objective, TrainingRun, limit_threads

SCORE = "val_macro_f1_steady"
VALUES = "values.json"
_MANY = 10_000
"""Trials, more than the budget allows."""


def training_of(dataset: Dataset, values: Mapping[str, object], checkpoints: Path, **options: object) -> TrainingRun:
    """Return the training of the network of ``values``; ``options`` are ``epochs`` and those of `TrainingRun`."""
    own = {name: value for name, value in values.items() if not name.startswith("tuner/")}
    space = GalaxyHyperModel(input_shape=dataset.image_shape, num_classes=len(dataset.classes))
    return TrainingRun(
        Builder(space, own),
        dataset,
        training_options(own, epochs=options.pop("epochs")),
        objective=Objective.parse(SCORE),
        seed=1 + mark_of(own),
        checkpoints=open_folder(checkpoints),
        **options,
    )


@dataclass(frozen=True)
class Trainings:
    """The trainings of a search, a folder each."""

    dataset: str
    folder: str
    epochs: int

    def train(
        self,
        name: str,
        values: Mapping[str, object],
        *,
        until: int | None = None,
        parent: str | None = None,
        report: Callable[[EpochReport], None] = lambda _: None,
    ) -> float:
        """Train up to epoch ``until``, going on from ``parent``'s training, and return the best epoch's score."""
        limit_threads(1)
        place = Path(self.folder) / name
        place.mkdir(parents=True, exist_ok=True)
        (place / VALUES).write_text(json.dumps(dict(values)))
        options = {"until": until, "parent": None if parent is None else open_folder(Path(self.folder) / parent)}
        run = training_of(Dataset.open(self.dataset), values, place, epochs=self.epochs, **options)
        while not run.finished:
            report(run.step())
        return max(run.history[SCORE])


class _OnOurTrainer:
    """Keras Tuner's way of searching with another loop than Keras's: https://keras.io/guides/keras_tuner/."""

    def run_trial(self, trial: Any, trainings: Trainings) -> dict[str, float]:
        values = trial.hyperparameters.values
        until, parent = values.get("tuner/epochs"), values.get("tuner/trial_id")
        return {SCORE: trainings.train(trial.trial_id, values, until=until, parent=parent)}


class _Hyperband(_OnOurTrainer, keras_tuner.Hyperband):
    pass


class _Bayesian(_OnOurTrainer, keras_tuner.BayesianOptimization):
    pass


def search_with_galaxy(dataset: str, folder: str, *, epochs: int, seed: int) -> None:
    try:
        resume_search("search", storage=folder)
    except LedgerError:
        run_search(dataset, SearchSettings(name="search", epochs=epochs, trials=_MANY, seed=seed), storage=folder)


def search_with_keras_tuner(dataset: str, folder: str, *, epochs: int, seed: int) -> None:
    _tune(_Hyperband, dataset, folder, epochs, seed=seed, max_epochs=epochs, hyperband_iterations=100)


def search_with_keras_tuner_bayesian(dataset: str, folder: str, *, epochs: int, seed: int) -> None:
    _tune(_Bayesian, dataset, folder, epochs, seed=seed, max_trials=_MANY)


def _tune(tuner: type[keras_tuner.Tuner], dataset: str, folder: str, epochs: int, **options: object) -> None:
    objective = keras_tuner.Objective(SCORE, "max")
    made = tuner(_space_of(dataset), objective=objective, directory=folder, project_name="tuner", **options)
    made.search(Trainings(dataset, f"{folder}/trainings", epochs))


def train(config: dict, trainings: Trainings) -> None:
    def report(epoch: EpochReport) -> None:
        tune.report({SCORE: epoch.metrics[SCORE], "epoch": epoch.epoch})

    trainings.train(tune.get_context().get_trial_id(), config, report=report)


def search_with_ray_tune(dataset: str, folder: str, *, epochs: int, seed: int) -> None:
    trainable = tune.with_parameters(train, trainings=Trainings(dataset, f"{folder}/trainings", epochs))
    if tune.Tuner.can_restore(f"{folder}/tune"):
        tuner = tune.Tuner.restore(f"{folder}/tune", trainable, resume_errored=True)
    else:
        space = define_by_run(discover(_space_of(dataset)))
        tuner = tune.Tuner(
            trainable,
            tune_config=tune.TuneConfig(
                metric=SCORE,
                mode="max",
                num_samples=-1,
                search_alg=OptunaSearch(space, metric=SCORE, mode="max", seed=seed),
                scheduler=ASHAScheduler(time_attr="epoch", max_t=epochs),
            ),
            run_config=tune.RunConfig(name="tune", storage_path=folder),
        )
    tuner.fit()


def _space_of(dataset: str) -> GalaxyHyperModel:
    opened = Dataset.open(dataset)
    return GalaxyHyperModel(input_shape=opened.image_shape, num_classes=len(opened.classes))
