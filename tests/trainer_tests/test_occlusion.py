from dataclasses import replace

import keras
import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import spearmanr
from trainer_tests.examples import made_manifest

from datasets import Dataset
from trainer import Bundle, Classifier, OptionsError
from trainer.answering.occlusion import occlusion_map

SIDE = 32


def bright_left(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Be surer of class 1 the more light there is in the left half: (n, 2)."""
    light = images[:, :, : SIDE // 2].mean(axis=(1, 2, 3)) / 255
    return np.stack([1 - light, light], axis=1).astype(np.float32)


@pytest.fixture
def image() -> npt.NDArray[np.uint8]:
    """Two equal bright squares on a dark sky, left and right."""
    found = np.full((SIDE, SIDE, 3), 10, np.uint8)
    found[12:20, 4:12] = found[12:20, 20:28] = 200
    return found


def test_what_the_answer_rests_on_is_highest(image: npt.NDArray[np.uint8]) -> None:
    found = occlusion_map(image, 1, bright_left)
    assert (found.shape, found.dtype) == ((SIDE, SIDE), np.float32)
    top = np.unravel_index(found.argmax(), found.shape)
    assert 12 <= top[0] < 20
    assert 4 <= top[1] < 12
    assert found[:, 24:] == pytest.approx(0, abs=1e-6)  # the right square means nothing to it
    assert found == pytest.approx(-occlusion_map(image, 0, bright_left), abs=1e-6)


@pytest.mark.parametrize("side", [1, 3, 10])
def test_small_images_have_maps(side: int) -> None:
    found = occlusion_map(np.zeros((side, side, 3), np.uint8), 0, lambda images: np.ones((len(images), 1), np.float32))
    assert found == pytest.approx(np.zeros((side, side)))


def classifier(dataset: Dataset, seed: int) -> Classifier:
    """A network with random weights that decides much."""
    keras.utils.set_random_seed(seed)
    layers = [keras.Input((SIDE, SIDE, 3)), keras.layers.AveragePooling2D(4), keras.layers.Flatten()]
    model = keras.Sequential([*layers, keras.layers.Dense(5, "softmax", kernel_initializer="he_normal")])
    return Classifier(Bundle("/models/m", made_manifest(dataset), (model,)))


def test_other_weights_give_another_map(tiny_dataset: Dataset) -> None:
    # The sanity check of Adebayo et al. 2018: an explanation of what was learnt changes with it.
    images = tiny_dataset.take(np.arange(0, 100, 20))
    name = tiny_dataset.classes[4]
    first, same, other = (classifier(tiny_dataset, seed) for seed in (1, 1, 2))
    for image in images:
        found = first.heatmap(image, name)
        assert np.array_equal(found, same.heatmap(image, name))
        assert np.ptp(found) > 0
    correlations = [
        abs(spearmanr(first.heatmap(image, name).ravel(), other.heatmap(image, name).ravel()).statistic)
        for image in images
    ]
    assert np.median(correlations) < 0.7


def test_by_default_the_most_probable_class_is_explained(tiny_dataset: Dataset) -> None:
    found, image = classifier(tiny_dataset, 3), tiny_dataset.take([50])[0]
    best = found.classes[int(found.probabilities(image[np.newaxis])[0].argmax())]
    assert np.array_equal(found.heatmap(image), found.heatmap(image, best))
    with pytest.raises(OptionsError, match=r"expected a class of the model, .*, found 'comet'"):
        found.heatmap(image, "comet")


def test_an_ensemble_is_explained_as_one(tiny_dataset: Dataset) -> None:
    first, second = classifier(tiny_dataset, 1), classifier(tiny_dataset, 2)
    member = first.bundle.manifest.members[0]
    both = replace(
        first.bundle,
        manifest=replace(first.bundle.manifest, members=(member, member)),
        models=(*first.bundle.models, *second.bundle.models),
    )
    image, name = tiny_dataset.take([50])[0], tiny_dataset.classes[0]
    average = (first.heatmap(image, name) + second.heatmap(image, name)) / 2
    assert Classifier(both).heatmap(image, name) == pytest.approx(average, abs=1e-5)
