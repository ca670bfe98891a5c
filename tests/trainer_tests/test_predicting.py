from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from trainer_tests.examples import made_manifest

from datasets import Dataset, Split
from trainer import Bundle, Classifier, ExportError, ExportFormat, export_model
from trainer.answering.predicting import full_float32, predict
from trainer.answering.views import differing_turns
from trainer.fitting.epoch import split_batches

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


def test_it_is_full_until_the_last_of_several_leaves() -> None:
    first, second = full_float32(), full_float32()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not multiplies_in_part()
    second.__exit__(None, None, None)
    assert multiplies_in_part()


@pytest.fixture
def model(tiny_dataset: Dataset) -> keras.Model:
    layers = keras.layers
    return keras.Sequential(
        [layers.Input(tiny_dataset.image_shape), layers.GlobalAveragePooling2D(), layers.Dense(5, "softmax")]
    )


@pytest.fixture
def classifier(model: keras.Model, tiny_dataset: Dataset) -> Classifier:
    return Classifier(Bundle("/models/m", made_manifest(tiny_dataset), (model,)))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether float32 was multiplied in part, each time that a network was called."""
    found: list[bool] = []
    call = keras.Model.__call__

    def asking(model: keras.Model, *arguments: Any, **options: Any) -> Any:
        found.append(multiplies_in_part())
        return call(model, *arguments, **options)

    monkeypatch.setattr(keras.Model, "__call__", asking)
    return found


@pytest.mark.parametrize(
    "use",
    [
        lambda model, classifier, dataset: differing_turns(model, np.ones((2, *dataset.image_shape), np.float32)),
        lambda model, classifier, dataset: predict(model, split_batches(dataset, Split.TEST), logits=False),
        lambda model, classifier, dataset: classifier.probabilities(dataset.take(np.arange(3))),
    ],
    ids=["turns", "predict", "classify"],
)
def test_models_are_compared_and_used_in_full_float32(
    use: Callable[..., object], model: keras.Model, classifier: Classifier, tiny_dataset: Dataset, asked: list[bool]
) -> None:
    use(model, classifier, tiny_dataset)
    assert asked
    assert not any(asked)


def test_an_export_is_checked_in_full_float32(
    classifier: Classifier, asked: list[bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def export(*_: Any, **__: Any) -> None:
        asked.append(multiplies_in_part())
        raise ValueError("enough")

    monkeypatch.setattr(keras.Model, "export", export)
    with pytest.raises(ExportError, match="enough"):
        export_model(classifier, ExportFormat.SAVEDMODEL, tmp_path / "m")
    assert asked
    assert not any(asked)
