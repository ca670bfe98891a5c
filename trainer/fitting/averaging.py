"""Moving averages of a model's weights, which are better than the weights of any one step.

The end of a training wanders about a minimum; the average of its steps lies nearer to it (Polyak & Juditsky 1992; for
networks Izmailov et al. 2018, arXiv:1803.05407). The model is trained as usual, but validated and used with
the averages.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt

from trainer.frameworks import keras, tf


class WeightAverages:
    """Exponential moving averages of all weights of a built model, those of its batch normalisation included.

    With decay d an average remembers about 1 / (1 - d) steps. At step t it is at most (1 + t) / (10 + t), so that it
    remembers no more than a ninth of the steps so far, and the first epochs do not depend on where they began.

    The averages that the model's optimizer keeps of itself (``use_ema``) are treated alike.
    """

    def __init__(self, model: keras.Model, decay: float) -> None:
        """Start from the weights of ``model``. ``decay`` is at least 0, where nothing is averaged, and below 1."""
        self._model, self._decay = model, decay
        self._averaged = _floating(model) if decay else []
        self.variables: Sequence[tf.Variable] = [tf.Variable(own.value, trainable=False) for own in self._averaged]

    def update(self) -> None:
        """Take in the weights after a step; part of the step's graph."""
        if not self._averaged:
            return
        # Not a variable where gradients are added up over steps.
        step = tf.cast(keras.ops.convert_to_tensor(self._model.optimizer.iterations), tf.float32)
        share = 1 - tf.minimum(self._decay, (1 + step) / (10 + step))
        for own, average in zip(self._averaged, self.variables, strict=True):
            # One operation instead of three, for each of a hundred weights.
            alpha = tf.cast(share, average.dtype)
            tf.raw_ops.ResourceApplyGradientDescent(var=average.handle, alpha=alpha, delta=average - own.value)

    def take_over(self) -> None:
        """Put the averages, if any are kept, in the weights' place for good."""
        for own, average in zip(self._averaged, self.variables, strict=True):
            own.assign(average)
        self._model.optimizer.finalize_variable_values(self._model.trainable_variables)

    def keep(self, values: Iterable[tuple[keras.Variable, npt.NDArray[np.generic]]]) -> None:
        """Let weights of the model be used with other values than their averages: those measured for the averages.

        Where nothing is averaged they are the model's own from now on. The next steps average on from them.
        """
        averages = {id(own): average for own, average in zip(self._averaged, self.variables, strict=True)}
        for own, value in values:
            averages.get(id(own), own).assign(value)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Put the averages in the weights' place, and the weights back after."""
        own = [(variable, variable.numpy()) for variable in _floating(self._model)]
        self.take_over()
        try:
            yield
        finally:
            for variable, value in own:
                variable.assign(value)


def _floating(model: keras.Model) -> list[keras.Variable]:
    """Return all weights; the states of seed generators, which are integers, are none."""
    return [variable for variable in model.variables if tf.as_dtype(variable.dtype).is_floating]
