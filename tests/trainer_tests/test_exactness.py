import keras
import numpy as np
import pytest
import tensorflow as tf

from trainer.final.exactness import full_float32
from trainer.final.views import differing_turns

multiplies_in_part = tf.config.experimental.tensor_float_32_execution_enabled


def test_float32_is_full_while_it_runs_and_as_before_after_it() -> None:
    @full_float32()
    def failing() -> None:
        assert not multiplies_in_part()
        raise KeyError

    assert multiplies_in_part()
    with pytest.raises(KeyError):
        failing()
    assert multiplies_in_part()


def test_turns_are_compared_in_full_float32() -> None:
    asked: list[bool] = []

    class Model(keras.Model):  # type: ignore[misc]
        def call(self, images: tf.Tensor) -> tf.Tensor:
            asked.append(multiplies_in_part())
            return tf.reduce_mean(images, axis=(1, 2))

    assert differing_turns(Model(), np.ones((2, 8, 8, 3), np.float32)) == 1
    assert asked == [False] * 4
