"""What each beginning's network of a finalist gives for images that it was not trained on."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks.catalogues.no_class.reporting import drawn

from datasets import Dataset, Split, open_folder
from search import read_finals
from trainer import read_answers
from trainer.answering.predicting import full_float32
from trainer.answering.views import TWO_SIZES, every_view
from trainer.bundles.keeping import unpack_model
from trainer.final.beginning import read_packed

_AT_ONCE = 64


@dataclass(frozen=True)
class Given:
    """Of images by a network: probabilities, (n, views, classes), features before the last layer, and looks."""

    probabilities: np.ndarray
    features: np.ndarray
    images: np.ndarray


@dataclass(frozen=True)
class Network:
    """A beginning's network, on its validation rows, the dataset's galaxies of no class and test rows of another."""

    model: object
    dataset: Dataset
    rows: np.ndarray
    known: Given
    none: Given
    more: Given | None
    more_rows: np.ndarray


def networks(search: str, dataset: Dataset, configuration: str, more: str | None, count: int) -> Iterator[Network]:
    """Yield what each beginning's network gives."""
    others = None if more is None else Dataset.open(more)
    more_rows = np.zeros(0, np.int64) if others is None else drawn(others, count)[0]
    finals = read_finals(open_folder(search))
    epochs = 0 if finals is None else finals.epochs
    for folder in sorted(Path(search, "training").glob(f"{configuration}-b*")):
        divided = dataset.divided(int(folder.name.rpartition("-b")[2]))
        work = open_folder(str(folder))
        answers = read_answers(work, epochs=epochs)
        assert answers is not None, f"{folder} is not finished"
        model = unpack_model(read_packed(work, answers).data)
        rows = divided.rows(Split.VALIDATION)
        yield Network(
            model,
            divided,
            rows,
            given(model, divided.take(rows)),
            given(model, dataset.unlabelled.take(np.arange(len(dataset.unlabelled)))),
            None if others is None else given(model, others.take(more_rows)),
            more_rows,
        )


@full_float32()
def given(model: object, images: np.ndarray) -> Given:
    """Ask a network about images by the views of a bundle in two sizes; of a network that turns with the image."""
    import keras
    import tensorflow as tf

    before, last = keras.Model(model.inputs, model.layers[-1].input), model.layers[-1]  # type: ignore[attr-defined]
    views = every_view(before, image_shape=images.shape[1:], turns=1, scales=TWO_SIZES)
    run = tf.function(views, reduce_retracing=True)
    parts = [run(images[at : at + _AT_ONCE] / np.float32(255)) for at in range(0, len(images), _AT_ONCE)]
    features = np.concatenate([part.numpy() for part in parts])
    return Given(last(features).numpy(), features, images)
