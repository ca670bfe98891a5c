"""One pass over training batches and one over validation batches, each compiled once.

The loop is our own rather than `model.fit` epoch by epoch: `fit` replaces the weights by their moving average at the
end of each call, gives no outputs of its validation, and hides whether an exception came from the data or the model.
"""

import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datasets import Batch, Batches, MixedBatch, Progress, place_of, place_of_code, placed, silent
from trainer.answering.predicting import Result, as_probabilities, compiled
from trainer.errors import InfeasibleError
from trainer.fitting.building import BuiltModel, feasibly
from trainer.fitting.feeding import prefetched
from trainer.fitting.keras_internals import apply_outside_replicas
from trainer.fitting.moments import Moments, Values, measured_batches
from trainer.frameworks import tf

# Reading the loss back makes a GPU wait, so a diverged model is noticed within so many steps.
_LOSS_CHECK_EVERY = 16


@dataclass(frozen=True)
class Validation:
    """What one pass over validation batches gives: ``true``, int64 (n,), and ``probabilities``, float32 (n, classes).

    ``metrics`` are ``loss`` and those that the model was compiled with (numbers only).
    """

    metrics: dict[str, float]
    true: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float32]


class TrainingLoop:
    """The compiled training and validation steps of one built model."""

    def __init__(
        self,
        built: BuiltModel,
        *,
        mixed: bool = False,
        class_weights: npt.NDArray[np.float32] | None = None,
        after_step: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare the steps, which are traced when first used.

        Args:
            mixed: Whether it is trained on `Batches.mixed_epoch`.
            class_weights: float32, (classes,): What an image's training loss is multiplied by, by its class; the
                mean of its targets' weights where classes are mixed. None weighs all alike.
            after_step: Called while a training step is traced: its operations are done after each.

        Raises:
            InfeasibleError: ``mixed``, but the loss is one of integer labels.
        """
        if mixed and not built.one_hot:
            raise InfeasibleError(
                "mixup needs a loss of class probabilities, such as categorical_crossentropy, "
                "but the model is compiled with one of integer labels"
            )
        self.built, self._mixed, self._class_weights, self._after_step = built, mixed, class_weights, after_step
        images, labels = tf.TensorSpec((None, *built.image_shape), tf.float32), tf.TensorSpec((None,), tf.int64)
        targets = tf.TensorSpec((None, built.classes), tf.float32) if mixed else labels
        rates = tf.TensorSpec((len(built.learning_rates),), tf.float32)
        apply_outside_replicas(built.model.optimizer)
        self._train_step = self._prepared(self._training_step, images, targets, rates)
        self._validate_step = self._prepared(self._validation_step, images, labels)
        self._moments = Moments(built)
        self._recent: deque[npt.NDArray[np.float32]] = deque()

    def _prepared(self, step: Callable[..., Result], *signature: tf.TensorSpec) -> Callable[..., Result]:
        """Compile a step as the model was compiled, if at all (``run_eagerly``)."""
        model = self.built.model
        if model.run_eagerly:
            return lambda *arrays: step(*map(tf.convert_to_tensor, arrays))
        return compiled(step, *signature, jit_compile=model.jit_compile)

    def train(
        self, batches: Batches, *, epoch: int, learning_rate_factor: Callable[[int], float], on_batch: Progress = silent
    ) -> dict[str, float]:
        """Train on the batches of ``epoch`` and return its training metrics, averaged as Keras does.

        ``learning_rate_factor`` gives, by the number of a batch in this epoch, what the model's own learning rate is
        multiplied by. Raises InfeasibleError where the loss is not finite, or a step raised (out of memory, for one).
        """
        self.built.model.reset_metrics()
        results: dict[str, tf.Tensor] = {}
        kept = measured_batches(batches, self.built.image_shape) if self._moments else 0
        self._recent = deque(maxlen=kept)
        made: Iterator[Batch | MixedBatch] = batches.mixed_epoch(epoch) if self._mixed else batches.epoch(epoch)
        with self._moments.learnt(), closing(prefetched(made)) as feed:
            for number, (images, labels) in enumerate(feed):
                factor = learning_rate_factor(number)
                rates = np.array([own * factor for _, own in self.built.learning_rates], np.float32)
                with feasibly():
                    results = self._train_step(images, labels, rates)
                if number % _LOSS_CHECK_EVERY == 0:
                    _check_finite(results, "loss")
                self._recent.append(images)
                on_batch(number + 1, len(batches))
        _check_finite(results, "loss")
        return _numbers(results)

    def measure_moments(self, on_batch: Progress = silent) -> Values:
        """Let the model use the `Moments` that the last batches of `train` have with the weights that it has now.

        Returns each variable with its new value. Raises InfeasibleError where the memory is not enough.
        """
        recent = [*self._recent]
        self._recent.clear()
        return self._moments.measure(recent, on_batch)

    def validate(self, batches: Batches, *, on_batch: Progress = silent) -> Validation:
        """Run over ``batches`` without training; see `Validation`.

        Raises InfeasibleError where the loss or an output is not finite, or outputs are no probabilities.
        """
        self.built.model.reset_metrics()
        results: dict[str, tf.Tensor] = {}
        loss, true, outputs = 0.0, [], []
        with closing(prefetched(batches.epoch(0))) as feed:
            for number, (images, labels) in enumerate(feed):
                with feasibly():
                    batch_outputs, batch_loss, results = self._validate_step(images, labels)
                loss += float(batch_loss) * len(labels)
                true.append(labels)
                outputs.append(batch_outputs.numpy())
                on_batch(number + 1, len(batches))
        labels = np.concatenate(true)
        loss /= len(labels)
        _check_finite({"val_loss": loss}, "val_loss")
        probabilities = as_probabilities(np.concatenate(outputs), logits=self.built.logits)
        return Validation({**_numbers(results), "loss": loss}, labels, probabilities)

    def _targets(self, labels: tf.Tensor) -> tf.Tensor:
        return tf.one_hot(labels, self.built.classes) if self.built.one_hot else labels

    def _weights(self, labels: tf.Tensor) -> tf.Tensor:
        """Weigh each image of a training batch by its class, or by the shares of its classes."""
        if self._mixed:
            return tf.linalg.matvec(labels, self._class_weights)
        return tf.gather(self._class_weights, labels)

    def _training_step(self, images: tf.Tensor, labels: tf.Tensor, learning_rates: tf.Tensor) -> dict[str, tf.Tensor]:
        for (variable, _), rate in zip(self.built.learning_rates, tf.unstack(learning_rates), strict=True):
            variable.assign(rate)
        targets = labels if self._mixed else self._targets(labels)
        # Without weights none are given: a loss of equal weights could differ in its last bit.
        data = (images, targets) if self._class_weights is None else (images, targets, self._weights(labels))
        # There is one replica. Outside of its context the optimizer does not add up gradients over replicas: that
        # operation has a custom gradient, which TensorFlow registers for ever, and with it the graph of each model.
        replica = tf.distribute.get_replica_context()
        results = replica.merge_call(lambda _: self._model_step(data))
        if not isinstance(results, dict):
            fault = f"train_step must return a dictionary of metrics, but returned {type(results).__name__}"
            raise InfeasibleError(placed(fault, place_of_code(type(self.built.model).train_step)))
        self._after_step()
        return results

    def _model_step(self, data: tuple[tf.Tensor, ...]) -> object:
        """Do the model's own step, which may be one that its author wrote."""
        try:
            return self.built.model.train_step(data)
        except ValueError as error:
            if len(data) == 3 and "too many values to unpack" in str(error):
                fault = "train_step must take (images, labels, weights), as classes are weighed, but takes no weights"
                raise InfeasibleError(placed(fault, place_of(error))) from error
            raise

    def _validation_step(
        self, images: tf.Tensor, labels: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, dict[str, tf.Tensor]]:
        model, targets = self.built.model, self._targets(labels)
        outputs = model(images, training=False)
        loss = model.compute_loss(x=images, y=targets, y_pred=outputs, training=False)
        return tf.cast(outputs, tf.float32), loss, model.compute_metrics(images, targets, outputs)


def _check_finite(results: Mapping[str, object], name: str) -> None:
    value = _numbers({name: results.get(name)}).get(name)
    if value is not None and not math.isfinite(value):
        raise InfeasibleError(f"diverged: {name} is {value}")


def _numbers(results: Mapping[str, object]) -> dict[str, float]:
    """Keep the metrics that are single numbers; a vector (one number a class) cannot be ranked."""
    arrays = {name: np.asarray(value) for name, value in results.items()}
    return {name: float(array) for name, array in arrays.items() if array.ndim == 0 and array.dtype.kind not in "OSU"}
