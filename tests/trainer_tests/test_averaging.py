"""Moving averages of a model's weights."""

import keras
import numpy as np
import numpy.typing as npt
import pytest

from trainer.fitting.averaging import WeightAverages


@pytest.fixture
def model() -> keras.Model:
    keras.utils.set_random_seed(1)
    layers = [keras.Input((2,)), keras.layers.BatchNormalization(), keras.layers.Dropout(0.5), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile(optimizer="sgd", loss="mse")
    model.optimizer.build(model.trainable_variables)
    return model


def floats(model: keras.Model) -> list[npt.NDArray[np.float32]]:
    return [variable.numpy() for variable in model.variables if "float" in variable.dtype]


def shifted(model: keras.Model, by: float, *, step: int) -> None:
    for variable in model.variables:
        if "float" in variable.dtype:
            variable.assign(variable + by)
    model.optimizer.iterations.assign(step)


@pytest.mark.parametrize(("step", "kept"), [(1, 2 / 11), (90, 0.9)])
def test_an_average_remembers_a_ninth_of_the_steps_and_no_more_than_its_decay_says(
    model: keras.Model, step: int, kept: float
) -> None:
    averages, before = WeightAverages(model, 0.9), floats(model)
    shifted(model, 1.0, step=step)
    averages.update()
    with averages.in_place():
        assert len(before) == 6  # the moments of batch normalisation as well
        for old, average in zip(before, floats(model), strict=True):
            np.testing.assert_allclose(average, old + 1 - kept, rtol=1e-5)
    np.testing.assert_allclose(floats(model)[0], before[0] + 1, rtol=1e-6)


def test_without_averages_nothing_takes_over(model: keras.Model) -> None:
    averages, before = WeightAverages(model, 0.0), floats(model)
    averages.update()
    averages.take_over()
    assert all((old == new).all() for old, new in zip(before, floats(model), strict=True))
