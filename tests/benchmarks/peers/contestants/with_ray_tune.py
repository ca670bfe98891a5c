"""Ray Tune with OptunaSearch and ASHA, as its guides have it: https://docs.ray.io/en/latest/tune/."""

from pathlib import Path

import keras
from benchmarks.peers.contestants.galaxies import GalaxyClassifier, Images, load, steps_of
from benchmarks.peers.jobs import USER_SCORE
from benchmarks.peers.space import define_by_run, hyperparameters
from ray import tune
from ray.tune.integration.keras import TuneReportCheckpointCallback
from ray.tune.schedulers import ASHAScheduler
from ray.tune.search.optuna import OptunaSearch

from search import discover


def train(config: dict, classifier: GalaxyClassifier, training: Images, validation: Images, epochs: int) -> None:
    hp = hyperparameters(config)
    model, begun = classifier.build(hp), 0
    if checkpoint := tune.get_checkpoint():
        with checkpoint.as_directory() as saved:
            model = keras.models.load_model(Path(saved) / "model.keras")
        begun = int(model.optimizer.iterations) // steps_of(training, config)
    callbacks = [TuneReportCheckpointCallback()]
    classifier.fit(hp, model, training, validation, epochs=epochs, initial_epoch=begun, callbacks=callbacks)


def search(dataset: str, folder: str, *, epochs: int, seed: int) -> None:
    training, validation = load(dataset)
    classifier = GalaxyClassifier(training.pixels.shape[1:], training.labels.shape[1])
    trainable = tune.with_parameters(
        train, classifier=classifier, training=training, validation=validation, epochs=epochs
    )
    if tune.Tuner.can_restore(f"{folder}/tune"):
        tuner = tune.Tuner.restore(f"{folder}/tune", trainable, resume_errored=True)
    else:
        tuner = tune.Tuner(
            trainable,
            tune_config=tune.TuneConfig(
                metric=USER_SCORE,
                mode="max",
                num_samples=-1,  # as many as the budget allows
                search_alg=OptunaSearch(define_by_run(discover(classifier)), metric=USER_SCORE, mode="max", seed=seed),
                scheduler=ASHAScheduler(max_t=epochs),
            ),
            run_config=tune.RunConfig(name="tune", storage_path=folder),
        )
    tuner.fit()
