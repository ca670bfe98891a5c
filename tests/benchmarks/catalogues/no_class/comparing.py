"""Scores of what the networks give already, each by cross-validation: nothing is trained but small classifiers."""

from collections.abc import Callable

import numpy as np
from benchmarks.catalogues.no_class.networks import Given, Network, networks
from benchmarks.catalogues.no_class.reporting import say

from datasets import Dataset
from trainer.answering.novelty import describe

FOLDS, REPEATS, ALARMS = 10, 3, 0.05


def compare(search: str, location: str, configuration: str, more: str | None, count: int) -> None:
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    def regression(strength: float) -> object:
        chosen = LogisticRegression(C=strength, class_weight="balanced", max_iter=5000)
        return make_pipeline(StandardScaler(), chosen)

    def kernels() -> object:
        return make_pipeline(StandardScaler(), SVC(class_weight="balanced"))

    def forest() -> object:
        return ExtraTreesClassifier(400, min_samples_leaf=8, class_weight="balanced", random_state=1)

    found = list(networks(search, Dataset.open(location), configuration, more, count))
    say("| score | caught at 5 % of validation | AUROC | caught at 5 % of the others | AUROC |")
    say("| --- | --- | --- | --- | --- |")
    for name, score in {"highest probability": lowest, "entropy": entropy, "disagreement of views": apart}.items():
        told(name, found, score, None)
    for name, describes, make in (
        ("logistic regression on log probabilities", logs, lambda: regression(1)),
        ("support vectors on them", logs, kernels),
        ("forest on them", logs, forest),
        ("logistic regression on features", features, lambda: regression(0.1)),
        ("support vectors on features", features, kernels),
        ("logistic regression on both", lambda of: np.c_[logs(of), features(of)], lambda: regression(0.1)),
        (
            "logistic regression on log probabilities and looks",
            lambda of: np.c_[logs(of), looks(of)],
            lambda: regression(0.1),
        ),
    ):
        told(name, found, describes, make)


def told(
    name: str, found: list[Network], describes: Callable[[Given], np.ndarray], make: Callable[[], object] | None
) -> None:
    """Print a line: means over repeats, each of every network's score on what it was fitted without, averaged."""
    from sklearn.metrics import roc_auc_score

    lines = []
    for seed in range(REPEATS if make else 1):
        generator = np.random.default_rng(seed)
        parts = [generator.permutation(len(network.rows)) % FOLDS for network in found]
        of_none = generator.permutation(len(found[0].none.probabilities)) % FOLDS
        known = [np.empty(len(part)) for part in parts]
        none = np.zeros(len(of_none))
        more = np.zeros(0 if found[0].more is None else len(found[0].more.probabilities))
        for network, part, scores in zip(found, parts, known, strict=True):
            inputs = [describes(each) for each in (network.known, network.none, network.more) if each is not None]
            for fold in range(FOLDS):
                score = (
                    (lambda values: values) if make is None else fitted(make(), inputs, part != fold, of_none != fold)
                )
                scores[part == fold] = score(inputs[0][part == fold])
                none[of_none == fold] += score(inputs[1][of_none == fold]) / len(found)
                if len(more):
                    more += score(inputs[2]) / len(found) / FOLDS
        lines.append([])
        for others in (np.concatenate(known), more):
            if len(others):
                truth = np.repeat([0, 1], [len(others), len(none)])
                area = roc_auc_score(truth, np.concatenate([others, none]))
                lines[-1] += [(none > np.quantile(others, 1 - ALARMS)).mean(), area]
    said = [
        f"{value:.1%}" if number % 2 == 0 else f"{value:.3f}" for number, value in enumerate(np.mean(lines, axis=0))
    ]
    say(f"| {name} | {' | '.join(said)} |")


def fitted(
    model: object, inputs: list[np.ndarray], known: np.ndarray, none: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    rows = inputs[0][known], inputs[1][none]
    model.fit(np.concatenate(rows), np.repeat([0, 1], list(map(len, rows))))  # type: ignore[attr-defined]
    if hasattr(model, "decision_function"):
        return model.decision_function
    return lambda values: model.predict_proba(values)[:, 1]  # type: ignore[attr-defined]


def mean(of: Given) -> np.ndarray:
    return np.maximum(of.probabilities.astype(np.float64).mean(axis=1), 1e-6)


def lowest(of: Given) -> np.ndarray:
    return -mean(of).max(axis=1)


def entropy(of: Given) -> np.ndarray:
    return -(mean(of) * np.log(mean(of))).sum(axis=1)


def apart(of: Given) -> np.ndarray:
    """Mean Kullback-Leibler divergence of the views from their mean."""
    each = np.maximum(of.probabilities.astype(np.float64), 1e-12)
    return (each * (np.log(each) - np.log(mean(of))[:, np.newaxis])).sum(axis=2).mean(axis=1)


def logs(of: Given) -> np.ndarray:
    return np.log(mean(of))


def features(of: Given) -> np.ndarray:
    return of.features.mean(axis=1)


def looks(of: Given) -> np.ndarray:
    return describe(of.images)
