"""From a `build` function to a model that is known to take our images and give our classes.

The contract of `build`: a compiled model, images float32 (batch, height, width, 3) in 0–1 → (batch, classes). Labels
are integers for a sparse loss, one-hot for any other.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datasets import place_of_code, placed, uncollected, unexited
from trainer.errors import InfeasibleError
from trainer.fitting.further_optimizers import check_further_optimizers
from trainer.fitting.precision import computing_in
from trainer.frameworks import keras
from trainer.options import Precision

Build = Callable[[], keras.Model]
_SEEDS = 2**32
"""NumPy's generator, which Keras seeds with the others, takes no seed from here on."""


@dataclass(frozen=True)
class BuiltModel:
    """A model that has been built, compiled and run once on a blank image.

    Attributes:
        model: Its weights, optimizer and metrics have their variables.
        classes: Number of outputs.
        image_shape: (height, width, 3).
        one_hot: Whether its loss wants one-hot labels (else integers).
        logits: Whether its outputs are logits (else probabilities).
        learning_rates: Each variable of its optimizer that holds a learning rate, with the value to which the schedule
            is relative; a schedule of the optimizer's own, which is left alone, has none.
    """

    model: keras.Model
    classes: int
    image_shape: tuple[int, int, int]
    one_hot: bool
    logits: bool
    learning_rates: tuple[tuple[keras.Variable, float], ...]


def build_model(
    build: Build,
    *,
    seed: int | None,
    image_shape: tuple[int, int, int],
    classes: int,
    max_parameters: int | None = None,
    precision: Precision = "float32",
) -> BuiltModel:
    """Build a model from a blank Keras session in which everything random comes from ``seed`` (≥ 1).

    One of 2³² or more counts as its remainder.

    With None it is built in the session as it is, from any random numbers: for one whose weights are then replaced.
    ``precision`` is what layers compute in that name no format themselves; see `TrainingOptions`.

    Raises:
        InfeasibleError: ``build`` raised anything (out of memory included), gave something else than a compiled
            model, the model has more than ``max_parameters``, or does not take the images or give the classes.
    """
    if seed is not None:
        keras.utils.clear_session()
        keras.utils.set_random_seed(seed % _SEEDS)
    with feasibly(), computing_in(precision):
        model = build()
    place = place_of_code(build)
    if not isinstance(model, keras.Model):
        fault = f"build must return a keras.Model, but returned {type(model).__name__}"
        raise InfeasibleError(placed(fault, place))
    if not model.compiled or model.optimizer is None:
        fault = "build must return a compiled model: call model.compile with an optimizer and a loss"
        raise InfeasibleError(placed(fault, place))
    _check_size(model, max_parameters)
    outputs = _run_once(model, image_shape, classes, place)
    _check_size(model, max_parameters)  # again: a subclassed model has its weights only now
    return BuiltModel(
        model=model,
        classes=classes,
        image_shape=image_shape,
        one_hot=not _is_sparse(model.loss),
        logits=bool(getattr(model.loss, "from_logits", False)) and not _add_up_to_1(outputs),
        learning_rates=tuple((rate, float(rate.numpy())) for rate in _learning_rates(model.optimizer)),
    )


@contextmanager
def feasibly() -> Iterator[None]:
    """Run code of a configuration: whatever it raises becomes an InfeasibleError. No search for garbage delays it."""
    try:
        with uncollected(), unexited():
            yield
    except InfeasibleError:
        raise
    except Exception as error:
        raise InfeasibleError.because(error) from error


def _check_size(model: keras.Model, max_parameters: int | None) -> None:
    if max_parameters is None or not model.built:
        return
    count = model.count_params()
    if count > max_parameters:
        raise InfeasibleError(f"at most {max_parameters:,} parameters are allowed, but the model has {count:,}")


def _is_sparse(loss: object) -> bool:
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", None)
    names = [parent.__name__ for parent in type(loss).__mro__] if name is None else [name]
    return any("sparse" in name.lower() for name in names)


def _learning_rates(optimizer: keras.optimizers.Optimizer) -> list[keras.Variable]:
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return _learning_rates(optimizer.inner_optimizer)
    if isinstance(optimizer, keras.optimizers.MultiOptimizer):
        return [rate for part in optimizer.optimizers for rate in _learning_rates(part)]
    rate = optimizer.learning_rate
    # A schedule of the optimizer's own shows as a plain tensor.
    return [rate] if isinstance(rate, keras.Variable) else []


def _run_once(
    model: keras.Model, image_shape: tuple[int, int, int], classes: int, place: str | None
) -> npt.NDArray[np.float32]:
    """Run the model, its loss and its metrics on one blank image, without a graph, and return its outputs.

    All variables exist afterwards, so nothing is traced twice and a checkpoint can be restored at once.
    """
    images = np.zeros((1, *image_shape), np.float32)
    label = np.zeros(1, np.int64)
    with feasibly():
        outputs = model(images, training=False)
        _check_outputs(outputs, classes, place)
        targets = label if _is_sparse(model.loss) else keras.ops.one_hot(label, classes)
        model.compute_loss(x=images, y=targets, y_pred=outputs, training=False)
        model.compute_metrics(images, targets, outputs)
        model.reset_metrics()
        model.optimizer.build(model.trainable_variables)
        check_further_optimizers(model)
    return np.asarray(outputs, np.float32)


def _add_up_to_1(outputs: npt.NDArray[np.float32]) -> bool:
    # Keras undoes a softmax before a loss that expects logits, with a warning: such outputs are probabilities.
    return bool((outputs >= 0).all() and np.allclose(outputs.sum(axis=1), 1, atol=1e-3))


def _check_outputs(outputs: object, classes: int, place: str | None) -> None:
    shape = getattr(outputs, "shape", None)
    if shape is None or tuple(shape) != (1, classes):
        given = type(outputs).__name__ if shape is None else f"(batch, {', '.join(map(str, tuple(shape)[1:]))})"
        fault = f"the model must give one output of shape (batch, {classes}), but gives {given}"
        raise InfeasibleError(placed(fault, place))
