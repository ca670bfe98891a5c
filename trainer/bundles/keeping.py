"""Models as files, kept without what training alone needs and loaded without running code of theirs (safe mode).

Whether a model can be kept is tried where of all that users have registered nothing is known but what it names.
"""

import re
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from datasets import place_of, place_of_code, placed
from trainer.answering.predicting import compiled, full_float32
from trainer.bundles.registered import named_by, registered_alone
from trainer.errors import InfeasibleError, one_line
from trainer.frameworks import keras, tf

Remake = Callable[[keras.Model], keras.Model]
_TOLERANCE, _COARSE = 1e-3, 0.05
"""Of outputs, as a share of the largest: a hundred times what float32 makes, and several times what bfloat16 does."""
_REGISTER = "decorate it with @keras.saving.register_keras_serializable(), at the top of its module"
_MOVE = (
    "define it in a module, registered there with @keras.saving.register_keras_serializable(), and import it from that "
    "(in a notebook %%writefile writes one)"
)
_UNKNOWN = re.compile(r"Could not locate (class|function) '([^']*)'")
_ADVICE = {
    r"python lambda|__lambda__|interpret activation": "holds a lambda, which is not loaded for safety: make it a "
    f"function with a name, and {_REGISTER}",
    r"unexpected keyword|missing \d+ required": "cannot be made again from its get_config: __init__ must take all that "
    "it returns, and **kwargs for super().__init__",
    r"get_config": "cannot say how it was made: it needs a get_config that returns all arguments of __init__ as plain "
    "values",
}
"""What is found in Keras's message → what a user can do."""


@dataclass(frozen=True)
class PackedModel:
    """A model as the content of a `.keras` file, and the modules that must be imported before it is loaded.

    It has no optimizer, which would triple it, and nothing else that the model, or one in it, was compiled with.
    """

    data: bytes
    modules: tuple[str, ...] = ()


def pack_model(model: keras.Model, image_shape: tuple[int, int, int]) -> PackedModel:
    """Pack a model of images of a shape, (height, width, 3), and prove that it loads.

    Raises InfeasibleError as `prove_kept` does.
    """
    files = []

    def remake(model: keras.Model) -> keras.Model:
        files.append(_as_file(model))
        return unpack_model(files[-1])

    _, modules = prove_kept(model, image_shape, remake=remake)
    return PackedModel(files[-1], modules)


def pack_around(packed: PackedModel, model: keras.Model) -> PackedModel:
    """Pack a model that is one that was packed with Keras's own operations around it: it loads where that does."""
    return PackedModel(_as_file(model), packed.modules)


def unpack_model(data: bytes) -> keras.Model:
    """Load a model, uncompiled; modules that it needs must have been imported."""
    with tempfile.TemporaryDirectory(prefix="galaxy-model-") as folder:
        path = Path(folder) / "model.keras"
        path.write_bytes(data)
        return keras.saving.load_model(path, compile=False, safe_mode=True)


@full_float32()
def prove_kept(
    model: keras.Model, image_shape: tuple[int, int, int], *, remake: Remake
) -> tuple[keras.Model, tuple[str, ...]]:
    """Remake a model that takes images of a shape, (height, width, 3), where nothing is known that it does not name.

    Returns the new model, which predicts the same, and the modules that have registered what it names.

    Args:
        remake: `by_file`, as a bundle does, or `by_configuration`, which takes half the time.

    Raises InfeasibleError, which names the layer that cannot be kept and says what to do.
    """
    expected = _outputs(model, image_shape)
    with warnings.catch_warnings(), _uncompiled(model):
        warnings.simplefilter("ignore")  # of lambdas, which are refused
        named: Mapping[str, object] = {}
        try:
            named = named_by(keras.saving.serialize_keras_object(model))
            with registered_alone(named):
                remade = remake(model)
                outputs = _outputs(remade, image_shape)
        except Exception as error:  # what a user's classes raise when they are described, made and called
            with registered_alone(named):
                fault = _fault(model, error)
            raise InfeasibleError(f"the model cannot be kept: {fault}") from error
    for name, value in named.items():
        if value.__module__ == "__main__":
            raise InfeasibleError(
                f"the model cannot be kept: {name!r} is registered in this notebook or script (__main__), which nobody "
                f"who loads the model can import: {_MOVE}"
            )
        if "<locals>" in getattr(value, "__qualname__", ""):
            fault = (
                f"the model cannot be kept: {name!r} is registered within a function, and importing {value.__module__} "
                "alone would not do so: define it at the top of that module"
            )
            raise InfeasibleError(placed(fault, place_of_code(value)))
    if np.array_equal(outputs, expected, equal_nan=True):  # what is no number is found out in training
        difference = 0.0
    else:
        difference = np.abs(outputs - expected).max() / max(1.0, np.abs(expected).max())
    exact = all(layer.compute_dtype == "float32" for layer in all_layers(model))
    if not difference <= (_TOLERANCE if exact else _COARSE):
        raise InfeasibleError(
            f"the model cannot be kept: loaded again its outputs differ by {difference:.2g}: get_config must return "
            "all that they depend on, no function may have the name of one of Keras's, no two classes one registered "
            "name, and nothing may be random"
        )
    return remade, tuple(sorted({value.__module__ for value in named.values()}))


def by_file(model: keras.Model) -> keras.Model:
    """Remake a model as a bundle does: save it and load it."""
    return unpack_model(_as_file(model))


def by_configuration(model: keras.Model) -> keras.Model:
    """Remake a model from its configuration, and give it the weights in their order."""
    remade = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(model), safe_mode=True)
    if len(remade.weights) != len(model.weights):
        raise ValueError(
            f"made again it has {len(remade.weights)} weights instead of {len(model.weights)}: they must be made in "
            "__init__ or build"
        )
    for own, new in zip(model.weights, remade.weights, strict=True):
        new.assign(own)
    return remade


def all_layers(model: keras.Model) -> list[keras.Layer]:
    """Return a model and the layers in it, those in the attributes, lists and dictionaries of layers included."""
    layers: list[keras.Layer] = []
    waiting: list[object] = [model]
    seen: set[int] = set()
    while waiting:
        value = waiting.pop()
        if id(value) in seen:  # a layer in two places, or a list that holds itself
            continue
        seen.add(id(value))
        if isinstance(value, keras.Layer):
            layers.append(value)
            waiting.extend(vars(value).values())
        elif isinstance(value, Mapping):
            waiting.extend(value.values())
        elif isinstance(value, list | tuple):
            waiting.extend(value)
    return layers


def _as_file(model: keras.Model) -> bytes:
    with tempfile.TemporaryDirectory(prefix="galaxy-model-") as folder, _uncompiled(model):
        path = Path(folder) / "model.keras"
        model.save(path)
        return path.read_bytes()


@contextmanager
def _uncompiled(model: keras.Model) -> Iterator[None]:
    """While the block runs, let a model and those in it say nothing of what they were compiled with."""
    models = [vars(layer) for layer in all_layers(model) if isinstance(layer, keras.Model)]
    outer = [own for own in models if "get_compile_config" not in own]  # a block around this one has done the others
    for own in outer:
        own["get_compile_config"] = lambda: None
    try:
        yield
    finally:
        for own in outer:
            del own["get_compile_config"]


def _outputs(model: keras.Model, image_shape: tuple[int, int, int]) -> npt.NDArray[np.float32]:
    """Predict an image of noise; a blank one would hide most of what a model does."""
    run = partial(model, training=False)
    images = np.random.default_rng(1).random((1, *image_shape), np.float32)
    if not model.run_eagerly:  # what can be trained in a graph can be used in one
        return np.asarray(run(images), np.float32)
    try:
        return np.asarray(compiled(run, tf.TensorSpec((None, *image_shape), tf.float32))(images), np.float32)
    except Exception as error:  # what a user's model raises
        fault = f"the model cannot be kept: it runs only eagerly, but is used as a graph: {one_line(error)}"
        raise InfeasibleError(placed(fault, place_of(error))) from error


def _fault(model: keras.Model, error: Exception) -> str:
    """Say which layer cannot be remade, the innermost of those that hold it, and what to do."""
    for layer in reversed(all_layers(model)):
        try:
            keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer), safe_mode=True)
        except Exception as fault:  # as above
            kind = "model" if isinstance(layer, keras.Model) else "layer"
            text = f"the {kind} {layer.name!r} ({type(layer).__name__}) {_advice(fault, type(layer))}"
            return placed(text, place_of_code(type(layer)))
    return placed(one_line(error), place_of(error))


def _advice(fault: Exception, kind: type[keras.Layer]) -> str:
    text = str(fault)
    unknown = _UNKNOWN.search(text)
    if unknown is not None:
        # What a notebook has registered is not registered on a worker: it says the same there.
        advice = _MOVE if kind.__module__ == "__main__" else _REGISTER
        return f"is loaded only where the {unknown[1]} {unknown[2]!r} is known: {advice}"
    known = (advice for sign, advice in _ADVICE.items() if re.search(sign, text, re.IGNORECASE))
    return next(known, f"cannot be remade: {one_line(fault)}")
