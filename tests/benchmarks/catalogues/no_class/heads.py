"""A small classifier of none or some on the frozen features of a finalist's networks, of many varied views of an image.

Of each image of validation and of no class it is fitted on 18 views (as it is, mirrored, and 16 varied as in training),
each a row, and judged on the first five, averaged; without that image, with limits by the class named on other images.
"""

from collections.abc import Callable

import numpy as np
from benchmarks.catalogues.no_class.comparing import ALARMS, FOLDS
from benchmarks.catalogues.no_class.exposing import AUGMENTATION, SMALLEST
from benchmarks.catalogues.no_class.networks import Network, networks
from benchmarks.catalogues.no_class.reporting import say

from datasets import Dataset, augment

VIEWS, JUDGED, REPEATS = 18, 5, 2


def compare(search: str, location: str, configuration: str, more: str | None, count: int) -> None:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier

    found = [viewed(network) for network in networks(search, Dataset.open(location), configuration, more, count)]
    say(f"| none or some, told by | caught, {ALARMS:.0%} of others of each class | AUROC |")
    say("| --- | --- | --- |")

    def regression(strength: float) -> object:
        return LogisticRegression(C=strength, class_weight="balanced", max_iter=3000)

    def units(count: int, decay: float) -> object:
        return MLPClassifier((count,), alpha=decay, max_iter=15, random_state=0)

    ways: dict[str, tuple[Callable[[np.ndarray, np.ndarray], np.ndarray], Callable[[], object]]] = {
        "log probabilities, two views, regression": (lambda _, logs: logs[:, :2], lambda: regression(1)),
        "log probabilities, all views, regression": (lambda _, logs: logs, lambda: regression(1)),
        "features, all views, regression": (lambda features, _: features, lambda: regression(0.01)),
        "features, all views, discriminant analysis": (
            lambda features, _: features,
            lambda: LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto", priors=[0.5, 0.5]),
        ),
        "features, all views, 32 hidden units": (lambda features, _: features, lambda: units(32, 1.0)),
        "both, all views, 16 hidden units": (
            lambda features, logs: np.concatenate([features, logs], axis=-1),
            lambda: units(16, 3.0),
        ),
    }
    for name, (describes, make) in ways.items():
        each = [told(network, describes, make) for network in found]
        caught, area = np.mean(each, axis=0)
        say(f"| {name} | {caught:.1%} ({', '.join(f'{one:.1%}' for one, _ in each)}) | {area:.3f} |")


Views = dict[str, tuple[np.ndarray, np.ndarray]]
"""Of known images, those of no class and others: features, (n, views, features), and log probabilities."""


def viewed(network: Network) -> Views:
    """Ask a network about varied views."""
    import keras
    import tensorflow as tf

    assert network.more is not None, "limits need images that nothing is fitted on: give --more"
    last = network.model.layers[-1]  # type: ignore[attr-defined]
    before = keras.Model(network.model.inputs, last.input)  # type: ignore[attr-defined]
    run = tf.function(lambda images: before(images, training=False), reduce_retracing=True)
    generator, given = np.random.default_rng(3), {}
    for name, images in {
        "known": network.known.images,
        "none": network.none.images,
        "more": network.more.images,
    }.items():
        varied = (JUDGED if name == "more" else VIEWS) - 2
        views = [images, images[:, :, ::-1]]
        views += [augment(images, AUGMENTATION, generator=generator) for _ in range(varied)]
        each = [
            np.concatenate([run(view[at : at + 128] / np.float32(255)).numpy() for at in range(0, len(view), 128)])
            for view in views
        ]
        features = np.stack(each, axis=1)
        logs = np.log(np.maximum(last(features).numpy(), np.exp(SMALLEST)))
        given[name] = features, logs
    return given


def told(
    network: Views, describes: Callable[[np.ndarray, np.ndarray], np.ndarray], make: Callable[[], object]
) -> tuple[float, float]:
    """Return the share caught, and the AUROC."""
    from sklearn.metrics import roc_auc_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    known, none, more = (describes(*network[name]) for name in ("known", "none", "more"))
    of_none, of_more = np.zeros(len(none)), np.zeros(len(more))
    for seed in range(REPEATS):
        generator = np.random.default_rng(seed)
        parts = [generator.permutation(len(each)) % FOLDS for each in (known, none)]
        for fold in range(FOLDS):
            rows = [flat(each[part != fold]) for each, part in zip((known, none), parts, strict=True)]
            model = make_pipeline(StandardScaler(), make())
            model.fit(np.concatenate(rows), np.repeat([0, 1], list(map(len, rows))))
            of_more += odds(model, more) / REPEATS / FOLDS
            of_none[parts[1] == fold] += odds(model, none[parts[1] == fold][:, :JUDGED]) / REPEATS
    named, supposed = (network[name][1][:, :2].mean(axis=1).argmax(axis=1) for name in ("more", "none"))
    limits = np.full(network["more"][1].shape[-1], np.inf)
    for number in np.unique(named):
        limits[number] = np.quantile(of_more[named == number], 1 - ALARMS)
    truth = np.repeat([0, 1], [len(more), len(none)])
    return float((of_none > limits[supposed]).mean()), float(roc_auc_score(truth, np.concatenate([of_more, of_none])))


def flat(views: np.ndarray) -> np.ndarray:
    return views.reshape(-1, views.shape[-1])


def odds(model: object, views: np.ndarray) -> np.ndarray:
    """Return the mean over views of the logarithm of the odds of none, (n,)."""
    chances = np.clip(model.predict_proba(flat(views))[:, 1], 1e-9, 1 - 1e-9)  # type: ignore[attr-defined]
    return (np.log(chances) - np.log1p(-chances)).reshape(views.shape[:2]).mean(axis=1)
