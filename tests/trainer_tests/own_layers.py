"""A user's module: what it registers for its models, and what it does not."""

from collections.abc import Callable
from typing import Any

import keras

layers, register = keras.layers, keras.saving.register_keras_serializable("own")


@register
class Scale(layers.Layer):
    def __init__(self, by: float = 2.0, **options: Any) -> None:
        super().__init__(**options)
        self.by = by

    def call(self, inputs: Any) -> Any:
        return inputs * self.by

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"by": self.by}


class Unregistered(Scale):
    pass


@register
class Forgetful(Scale):
    def get_config(self) -> dict[str, Any]:
        return {"name": self.name}


@register
class Strict(Scale):
    def __init__(self, by: float = 2.0) -> None:
        super().__init__(by)


@register
class Calling(layers.Layer):
    def __init__(self, function: Callable[[Any], Any], **options: Any) -> None:
        super().__init__(**options)
        self.function = function

    def call(self, inputs: Any) -> Any:
        return self.function(inputs)


@register
class Held(Calling):
    def get_config(self) -> dict[str, Any]:
        return super(Calling, self).get_config() | {"function": object()}


@register
def squash(inputs: Any) -> Any:
    return keras.ops.tanh(inputs)


def unregistered(inputs: Any) -> Any:
    return keras.ops.tanh(inputs)


def elsewhere(inputs: Any) -> Any:
    """Unregistered here, while another module has registered one of the name."""
    return keras.ops.tanh(inputs)


def relu(inputs: Any) -> Any:
    return keras.ops.tanh(inputs)


class Subclassed(keras.Model):
    def __init__(self, units: int = 5, **options: Any) -> None:
        super().__init__(**options)
        self.units, self.flat, self.last = units, layers.Flatten(), layers.Dense(units)

    def call(self, inputs: Any) -> Any:
        return self.last(self.flat(inputs))


@register
class Registered(Subclassed):
    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "units": self.units}


@register
class SilentModel(Subclassed):
    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self.function = function


class Eager(Registered):
    def call(self, inputs: Any) -> Any:
        return super().call(inputs) if float(keras.ops.mean(inputs).numpy()) < 2 else inputs


register(Eager)


class OwnStep(keras.Sequential):
    """Unregistered, but for its training alone."""

    def train_step(self, data: Any) -> Any:
        return super().train_step(data)


class UnsayableLoss(keras.losses.Loss):
    """A loss, or any other part of training, that cannot be kept."""

    def __init__(self, power: Callable[[Any], Any]) -> None:
        super().__init__()
        self.power = power

    def call(self, true: Any, predicted: Any) -> Any:
        return keras.ops.mean(self.power(predicted), axis=-1)

    def get_config(self) -> dict[str, Any]:
        raise NotImplementedError


class UnsayableOptimizer(keras.optimizers.SGD):
    def get_config(self) -> dict[str, Any]:
        raise NotImplementedError


def network(*middle: keras.layers.Layer, kind: type[keras.Sequential] = keras.Sequential) -> keras.Model:
    return kind([keras.Input((8, 8, 3)), *middle, layers.Flatten(), layers.Dense(5)])


def functional(function: Callable[[Any], Any]) -> keras.Model:
    images = keras.Input((8, 8, 3))
    return keras.Model(images, layers.Dense(5)(layers.Flatten()(function(images))))


def within_a_function() -> keras.Model:
    @register
    class Inner(Scale):
        pass

    return network(Inner())


def of_a_notebook() -> keras.Model:
    return network(register(type("OfNotebook", (Scale,), {"__module__": "__main__"}))())


def trained_oddly() -> keras.Model:
    """A compiled model in a compiled model, with all that belongs to training its author's own."""
    inner, images = network(), keras.Input((8, 8, 3))
    outer = keras.Model(images, inner(images))
    for model in (inner, outer):
        model.compile(UnsayableOptimizer(0.1), UnsayableLoss(lambda outputs: outputs**2), [lambda true, _: true[:, 0]])
        model.optimizer.build(model.trainable_variables)
    return outer


def eager() -> keras.Model:
    model = Eager()
    model.compile(run_eagerly=True)
    return model


def registered() -> keras.Model:
    """A compiled model whose class calls its layers itself: Keras knows no shapes of such a one."""
    model = Registered(5)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


OURS = (__name__,)
KEPT: dict[str, tuple[Callable[[], keras.Model], tuple[str, ...]]] = {
    "of Keras's own": (lambda: network(layers.Conv2D(3, 3, activation="relu")), ()),
    "with operations": (lambda: functional(lambda images: keras.ops.relu(images * 2 - 1)), ()),
    "trained oddly": (trained_oddly, ()),
    "with a step of its own": (lambda: network(kind=OwnStep), ()),
    "with a registered layer": (lambda: network(Scale(3.0)), OURS),
    "with a registered function": (lambda: network(layers.Dense(3, activation=squash)), OURS),
    "with a registered function in a Lambda": (lambda: network(layers.Lambda(squash)), OURS),
    "registered": (lambda: Registered(5), OURS),
}
"""A model → how it is made, and the modules it needs."""
REFUSED: dict[str, tuple[Callable[[], keras.Model], str]] = {
    "with an unregistered layer": (
        lambda: network(Unregistered(name="mine")),
        r"the layer 'mine' \(Unregistered\) is loaded only where the class 'Unregistered' is known: decorate it with "
        r"@keras.saving.register_keras_serializable\(\)",
    ),
    "with a layer that a notebook registers": (
        of_a_notebook,
        r"'own>OfNotebook' is registered in this notebook or script \(__main__\), .*: define it in a module, "
        r"registered there with @keras.saving.register_keras_serializable\(\)",
    ),
    "with a layer of a notebook on a worker, where it is not registered": (
        lambda: network(type("Copied", (Scale,), {"__module__": "__main__"})(name="mine")),
        r"the layer 'mine' \(Copied\) is loaded only where the class 'Copied' is known: define it in a module",
    ),
    "unregistered": (
        Subclassed,
        r"the model 'subclassed.*' \(Subclassed\) is loaded only where the class 'Subclassed'",
    ),
    "with an unregistered function": (
        lambda: network(layers.Dense(3, activation=unregistered, name="mine")),
        r"the layer 'mine' \(Dense\) is loaded only where the function 'unregistered' is known: decorate it",
    ),
    "with a function that another module registers": (
        lambda: network(layers.Dense(3, activation=elsewhere)),
        r"\(Dense\) is loaded only where the function 'elsewhere' is known",
    ),
    "with a closure": (
        lambda: functional(layers.Lambda(lambda images: images * 2, name="mine")),
        r"the layer 'mine' \(Lambda\) holds a lambda, .*: make it a function with a name, and decorate it",
    ),
    "with a lambda of an initializer": (
        lambda: network(layers.Dense(3, kernel_initializer=lambda shape, dtype: keras.ops.ones(shape, dtype))),
        r"the layer 'dense.*' \(Dense\) holds a lambda",
    ),
    "with a lambda of an activation": (
        lambda: network(layers.Dense(3, activation=lambda inputs: inputs)),
        r"the layer 'dense.*' \(Dense\) holds a lambda",
    ),
    "with a function of Keras's name": (
        lambda: network(layers.Dense(30, activation=relu)),
        r"loaded again its outputs differ by .*, no function may have the name of one of Keras's",
    ),
    "with a layer that forgets": (lambda: network(Forgetful(3.0)), r"its outputs differ by .*: get_config must return"),
    "with a strict layer": (
        lambda: network(Strict(3.0)),
        r"\(Strict\) cannot be made again from its get_config: __init__ must take all that it returns, and \*\*kwargs "
        r"for super\(\).__init__ \(.*own_layers.py:\d+\)",
    ),
    "with a layer that cannot say": (
        lambda: network(Calling(squash)),
        r"\(Calling\) cannot say how it was made: it needs a get_config that returns all arguments of __init__",
    ),
    "with a layer that says objects": (lambda: network(Held(squash)), r"\(Held\) cannot say how it was made"),
    "that cannot say": (lambda: SilentModel(lambda inputs: inputs), r"the model .* \(SilentModel\) cannot say how"),
    "registered within a function": (
        within_a_function,
        rf"'own>Inner' is registered within a function, and importing {__name__} alone would not do so",
    ),
    "for eager use alone": (eager, r"it runs only eagerly, but is used as a graph: .* no attribute 'numpy'"),
}
"""A model → how it is made, and why it cannot be kept."""
