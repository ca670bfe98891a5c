"""Exposure: a finalist's network trained on with half of the galaxies of no class, and asked about the others.

Three epochs of its training rows with eight such galaxies beside each batch of 32, for which all classes are equally
likely (Hendrycks et al. 2019, arXiv:1812.04606); beside it the network as it is. What each gives for the other half is
told by the same rule: the regression on log probabilities, fitted without what it judges, and a limit a class. It takes
two minutes of one CPU a half.
"""

from collections.abc import Callable

import numpy as np
from benchmarks.catalogues.no_class.comparing import ALARMS, FOLDS
from benchmarks.catalogues.no_class.networks import Network, networks
from benchmarks.catalogues.no_class.reporting import say

from datasets import Augmentation, Dataset, Split, augment

EPOCHS, RATE, BATCH, BESIDE, SMOOTHING, REPEATS = 3, 5e-4, 32, 8, 0.05, 20
AUGMENTATION = Augmentation(180.0, 0.2, 0.06, flip=True, border="reflect", brightness=0.1, colour_jitter=0.1)
SMALLEST = np.log(1e-6)


def expose(search: str, location: str, configuration: str, more: str | None, count: int) -> None:
    from trainer import limit_threads

    limit_threads(1)
    network = next(networks(search, Dataset.open(location), configuration, more, count))
    assert network.more is not None, "limits need images that the regression is not fitted on: give --more"
    true = Dataset.open(str(more)).labels[network.more_rows]
    say(f"| network | half | caught, {ALARMS:.0%} of others of each class | AUROC | accuracy on others |")
    say("| --- | --- | --- | --- | --- |")
    for half in (0, 1):
        asked = np.arange(half, len(network.none.images), 2)
        ways = {"as it is": in_logits(network), "after exposure": in_logits(network)}
        train_on(ways["after exposure"], network, np.delete(network.none.images, asked, axis=0))
        for way, model in ways.items():
            images = network.known.images, network.none.images[asked], network.more.images
            known, none, others = (log_probabilities(model, each) for each in images)
            caught, area = told(known, none, others)
            accuracy = (others.argmax(axis=1) == true).mean()
            say(f"| {way} | {half + 1} | {caught:.1%} of {len(none)} | {area:.3f} | {accuracy:.1%} |")


def in_logits(network: Network) -> object:
    """Copy a network, so that it gives logits and can be trained."""
    import keras

    copy = keras.models.clone_model(network.model)
    copy.set_weights(network.model.get_weights())  # type: ignore[attr-defined]
    copy.trainable = True
    weights, biases = copy.layers[-1].get_weights()
    head = keras.layers.Dense(len(biases), name="logits")
    model = keras.Model(copy.inputs, head(copy.layers[-1].input))
    head.set_weights([weights, biases])
    return model


def train_on(model: object, network: Network, shown: np.ndarray) -> None:
    import keras
    import tensorflow as tf

    rows = network.dataset.rows(Split.TRAIN)
    images, labels = network.dataset.take(rows), network.dataset.labels[rows]
    steps, classes = len(rows) // BATCH, len(network.dataset.classes)
    rate = keras.optimizers.schedules.CosineDecay(RATE, steps * EPOCHS)
    optimizer, variables = keras.optimizers.AdamW(rate, weight_decay=0.05), model.trainable_variables  # type: ignore[attr-defined]
    optimizer.build(variables)

    @tf.function
    def step(batch: tf.Tensor, targets: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            outputs = model(batch, training=True)  # type: ignore[operator]
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(targets, outputs))
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    generator = np.random.default_rng(7)
    for _ in range(EPOCHS):
        order = generator.permutation(len(rows))[: steps * BATCH].reshape(steps, BATCH)
        for chosen in order:
            others = shown[generator.choice(len(shown), BESIDE, replace=False)]
            batch = augment(np.concatenate([images[chosen], others]), AUGMENTATION, generator=generator)
            targets = np.concatenate([np.eye(classes)[labels[chosen]], np.full((BESIDE, classes), 1 / classes)])
            targets = (1 - SMOOTHING) * targets + SMOOTHING / classes
            step(tf.constant(batch / np.float32(255)), tf.constant(targets, tf.float32))


def log_probabilities(model: object, images: np.ndarray) -> np.ndarray:
    """Return what it gives for images and their mirror images on average, (n, classes)."""
    import tensorflow as tf

    parts = []
    for at in range(0, len(images), 64):
        upright = images[at : at + 64] / np.float32(255)
        both = [model(view, training=False) for view in (upright, upright[:, :, ::-1])]  # type: ignore[operator]
        parts.append(tf.nn.log_softmax(sum(both) / 2).numpy())
    return np.maximum(np.concatenate(parts), SMALLEST)


def told(known: np.ndarray, none: np.ndarray, others: np.ndarray) -> tuple[float, float]:
    """Return the share of galaxies of no class beyond the limits of others, by the class named, and the AUROC."""
    from sklearn.metrics import roc_auc_score

    of_none, of_others = np.zeros(len(none)), np.zeros(len(others))
    for seed in range(REPEATS):
        generator = np.random.default_rng(seed)
        parts = [generator.permutation(len(each)) % FOLDS for each in (known, none)]
        for fold in range(FOLDS):
            score = regression(known[parts[0] != fold], none[parts[1] != fold])
            of_none[parts[1] == fold] += score(none[parts[1] == fold]) / REPEATS
            of_others += score(others) / REPEATS / FOLDS
    named, limits = others.argmax(axis=1), np.full(others.shape[1], np.inf)
    for number in np.unique(named):
        limits[number] = np.quantile(of_others[named == number], 1 - ALARMS)
    truth = np.repeat([0, 1], [len(others), len(none)])
    area = float(roc_auc_score(truth, np.concatenate([of_others, of_none])))
    return float((of_none > limits[none.argmax(axis=1)]).mean()), area


def regression(known: np.ndarray, none: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced"))
    model.fit(np.concatenate([known, none]), np.repeat([0, 1], [len(known), len(none)]))
    return model.decision_function
