"""Tiny models and what they are trained with. TensorFlow is imported when the first of them is asked for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest

from datasets import Dataset, Folder, open_folder
from trainer import Build, Objective, TrainingOptions, TrainingRun

SIDE, CLASSES = 32, 5


class MakeBuild(Protocol):
    def __call__(
        self,
        *,
        loss: Any = "sparse_categorical_crossentropy",
        optimizer: Callable[[], Any] | None = None,
        activation: str | None = "softmax",
        outputs: int = CLASSES,
        extra: Callable[[], list[Any]] = list,
    ) -> Build: ...


@pytest.fixture(scope="session")
def make_build() -> MakeBuild:
    """A factory of `build` functions: a convolution, batch normalisation and dropout, then ``extra`` layers."""
    import keras

    def make_build(
        *,
        loss: Any = "sparse_categorical_crossentropy",
        optimizer: Callable[[], Any] | None = None,
        activation: str | None = "softmax",
        outputs: int = CLASSES,
        extra: Callable[[], list[Any]] = list,
    ) -> Build:
        def build() -> keras.Model:
            model = keras.Sequential(
                [
                    keras.Input((SIDE, SIDE, 3)),
                    keras.layers.Conv2D(4, 5, strides=4, activation="relu"),
                    keras.layers.BatchNormalization(),
                    keras.layers.Flatten(),
                    keras.layers.Dropout(0.3),
                    *extra(),
                    keras.layers.Dense(outputs, activation=activation),
                ]
            )
            model.compile(optimizer() if optimizer else keras.optimizers.Adam(3e-3), loss=loss, metrics=["accuracy"])
            return model

        return build

    return make_build


@pytest.fixture(scope="session")
def build(make_build: MakeBuild) -> Build:
    """Make a model with probabilities, a sparse loss and Adam."""
    return make_build()


@pytest.fixture
def options() -> TrainingOptions:
    return TrainingOptions(epochs=3, batch_size=16)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return open_folder(tmp_path / "storage")


class MakeRun(Protocol):
    def __call__(self, build: Build | None = None, **changes: Any) -> TrainingRun: ...


@pytest.fixture
def make_run(build: Build, tiny_dataset: Dataset, options: TrainingOptions, folder: Folder) -> MakeRun:
    """A factory of runs on the tiny dataset; the same folder and seed unless said otherwise."""
    plain_build = build

    def make_run(build: Build | None = None, **changes: Any) -> TrainingRun:
        settings: dict[str, Any] = {
            "dataset": tiny_dataset,
            "options": options,
            "objective": Objective.parse("val_macro_f1"),
            "seed": 5,
            "checkpoints": folder,
        }
        return TrainingRun(plain_build if build is None else build, **(settings | changes))

    return make_run
