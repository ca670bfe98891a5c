"""Exposure: a finalist's network trained on with half of the galaxies of no class, and asked about the others.

Three epochs of its training rows with eight such galaxies beside each batch of 32: as a class of their own, or as ones
for which all classes are equally likely (Hendrycks et al. 2019, arXiv:1812.04606). It takes a minute of one CPU each.
"""

import numpy as np
from benchmarks.catalogues.no_class.comparing import ALARMS
from benchmarks.catalogues.no_class.networks import Network, networks
from benchmarks.catalogues.no_class.reporting import say

from datasets import Augmentation, Dataset, Split, augment

EPOCHS, RATE, BATCH, BESIDE, SMOOTHING = 3, 5e-4, 32, 8, 0.05
AUGMENTATION = Augmentation(180.0, 0.2, 0.06, flip=True, border="reflect", brightness=0.1, colour_jitter=0.1)
OWN_CLASS, FLAT = "a class of their own", "all classes equally likely"


def expose(search: str, location: str, configuration: str, more: str | None, count: int) -> None:
    from sklearn.metrics import roc_auc_score

    from trainer import limit_threads

    limit_threads(1)
    network = next(networks(search, Dataset.open(location), configuration, more, count))
    say("| of no class are | half | caught at 5 % of validation | AUROC | caught at 5 % of the others | AUROC |")
    say("| --- | --- | --- | --- | --- | --- |")
    for way in (OWN_CLASS, FLAT):
        for half in (0, 1):
            asked = np.arange(half, len(network.none.images), 2)
            model = trained_on(network, np.delete(network.none.images, asked, axis=0), own_class=way == OWN_CLASS)
            none, said = scores(model, network.none.images[asked], way), []
            for others in filter(None, (network.known, network.more)):
                known = scores(model, others.images, way)
                truth = np.repeat([0, 1], [len(known), len(none)])
                area = roc_auc_score(truth, np.concatenate([known, none]))
                said.append(f"{(none > np.quantile(known, 1 - ALARMS)).mean():.1%} | {area:.3f}")
            say(f"| {way} | {half + 1} | {' | '.join(said)} |")


def trained_on(network: Network, shown: np.ndarray, *, own_class: bool) -> object:
    """Train a copy of a network on; it gives logits then, the last of them of the class of their own."""
    import keras
    import tensorflow as tf

    copy = keras.models.clone_model(network.model)
    copy.set_weights(network.model.get_weights())  # type: ignore[attr-defined]
    copy.trainable = True
    weights, biases = copy.layers[-1].get_weights()
    classes = len(biases)
    head = keras.layers.Dense(classes + own_class, name="head")
    model = keras.Model(copy.inputs, head(copy.layers[-1].input))
    if own_class:
        weights, biases = np.c_[weights, np.zeros(len(weights))], np.append(biases, biases.mean())
    head.set_weights([weights, biases])
    rows = network.dataset.rows(Split.TRAIN)
    images, labels = network.dataset.take(rows), network.dataset.labels[rows]
    steps = len(rows) // BATCH
    rate = keras.optimizers.schedules.CosineDecay(RATE, steps * EPOCHS)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=0.05)
    optimizer.build(model.trainable_variables)
    outputs = classes + own_class
    beside = np.eye(outputs)[np.full(BESIDE, classes)] if own_class else np.full((BESIDE, outputs), 1 / outputs)

    @tf.function
    def step(batch: tf.Tensor, targets: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            losses = tf.nn.softmax_cross_entropy_with_logits(targets, model(batch, training=True))
            loss = tf.reduce_mean(losses)
        optimizer.apply_gradients(
            zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables, strict=True)
        )

    generator = np.random.default_rng(7)
    for _ in range(EPOCHS):
        order = generator.permutation(len(rows))[: steps * BATCH].reshape(steps, BATCH)
        for chosen in order:
            others = shown[generator.choice(len(shown), BESIDE, replace=False)]
            batch = augment(np.concatenate([images[chosen], others]), AUGMENTATION, generator=generator)
            targets = np.concatenate([np.eye(outputs)[labels[chosen]], beside])
            targets = (1 - SMOOTHING) * targets + SMOOTHING / outputs
            step(tf.constant(batch / np.float32(255)), tf.constant(targets, tf.float32))
    return model


def scores(model: object, images: np.ndarray, way: str) -> np.ndarray:
    """Return how likely images are of no class: log odds of the class of their own, or the entropy."""
    import tensorflow as tf

    parts = []
    for at in range(0, len(images), 64):
        upright = images[at : at + 64] / np.float32(255)
        both = [model(view, training=False) for view in (upright, upright[:, :, ::-1])]  # type: ignore[operator]
        parts.append(tf.nn.log_softmax(sum(both) / 2).numpy())
    logs = np.concatenate(parts)
    return logs[:, -1] - np.log1p(-np.exp(logs[:, -1])) if way == OWN_CLASS else -(np.exp(logs) * logs).sum(axis=1)
