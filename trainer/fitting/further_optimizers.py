"""Optimizers that a model keeps beside the one that it was compiled with, as a class of one's own may.

Their state belongs to a training as that one's does: momentums, and how many steps there were.
"""

from collections.abc import Iterator, Mapping

from trainer.errors import InfeasibleError
from trainer.frameworks import keras


def further_optimizers(model: keras.Model) -> list[keras.optimizers.Optimizer]:
    """Return the other optimizers among the attributes of ``model``, and in their lists and mappings, each once."""
    known = {id(one) for one in _parts(model.optimizer)}
    further: list[keras.optimizers.Optimizer] = []
    for _, value in sorted(vars(model).items(), key=lambda attribute: attribute[0]):
        for one in _held(value):
            if id(one) not in known:
                known |= {id(part) for part in _parts(one)}
                further.append(one)
    return further


def check_further_optimizers(model: keras.Model) -> None:
    """Raise InfeasibleError if one has no variables yet: what it makes later no checkpoint could be read into."""
    for one in further_optimizers(model):
        if not one.built:
            raise InfeasibleError(
                f"the model has another optimizer than the one it is compiled with, {one.name!r}, which has no "
                "variables yet, so that a training that is interrupted could not go on: in build, call its "
                "build(variables), with those it is to train, once the layers are built; or compile with "
                "keras.optimizers.MultiOptimizer"
            )


def _held(value: object) -> Iterator[keras.optimizers.Optimizer]:
    if isinstance(value, keras.optimizers.Optimizer):
        yield value
    elif isinstance(value, list | tuple | Mapping):
        for item in value.values() if isinstance(value, Mapping) else value:
            if isinstance(item, keras.optimizers.Optimizer):
                yield item


def _parts(optimizer: keras.optimizers.Optimizer) -> Iterator[keras.optimizers.Optimizer]:
    """Yield an optimizer and those that it is made of."""
    yield optimizer
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        yield from _parts(optimizer.inner_optimizer)
    elif isinstance(optimizer, keras.optimizers.MultiOptimizer):
        for part in optimizer.optimizers:
            yield from _parts(part)
