import numpy as np
import pytest

from datasets.training.mixup import mix_up

LABELS = np.array([0, 1, 2, 1, 0, 2])


def mixed(images, concentration=0.4, labels=LABELS, seed=1):
    return mix_up(images, labels, concentration=concentration, classes=3, generator=np.random.default_rng(seed))


def one_hot_pixels(labels):
    """Images whose pixels are their label as one-hot, so that a blend shows its shares."""
    return np.broadcast_to(
        np.eye(3, dtype=np.float32)[labels][:, np.newaxis, np.newaxis], (len(labels), 4, 5, 3)
    ).copy()


def test_labels_are_blended_as_the_pixels_are():
    images = one_hot_pixels(LABELS)
    before = images.copy()
    blended, targets = mixed(images)
    assert blended == pytest.approx(np.broadcast_to(targets[:, np.newaxis, np.newaxis], images.shape), abs=1e-6)
    assert (np.count_nonzero(targets, axis=1) <= 2).all()
    assert np.array_equal(images, before)


def test_the_concentration_says_how_much_is_blended():
    labels = np.tile(LABELS, 200)
    least, most = (mixed(one_hot_pixels(labels), concentration, labels)[1].max(axis=1) for concentration in (0.05, 5))
    assert (least > 0.99).mean() > 0.75
    assert (most > 0.99).mean() < 0.4  # a third meets its own class
    own = mixed(one_hot_pixels(labels), 1.0, labels)[1][np.arange(len(labels)), labels]
    assert own.mean() == pytest.approx(0.5 + 0.5 / 3, abs=0.03)  # Beta(1, 1), and the third


def test_an_image_blended_with_itself_stays_itself():
    images = one_hot_pixels(LABELS[:1])
    blended, targets = mixed(images, labels=LABELS[:1])
    assert blended == pytest.approx(images)
    assert targets.tolist() == [[1, 0, 0]]
