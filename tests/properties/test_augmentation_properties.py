"""The same seed gives the same pixels, whatever the magnitudes, and no image influences another."""

import numpy as np
from hypothesis import given, settings, strategies as st

from datasets import Augmentation
from datasets.training.augmenting import augment
from datasets.training.mixup import mix_up

augmentations = st.builds(
    Augmentation,
    rotation=st.floats(0, 180),
    zoom=st.floats(0, 0.9),
    shift=st.floats(0, 1),
    flip=st.booleans(),
    border=st.sampled_from(["reflect", "black"]),
    brightness=st.floats(0, 0.9),
    colour_jitter=st.floats(0, 0.9),
    noise=st.floats(0, 255),
    cutout=st.floats(0, 1),
)
shapes = st.tuples(st.integers(0, 5), st.integers(2, 24), st.integers(2, 24), st.just(3))


@settings(max_examples=60, derandomize=True, deadline=None)
@given(augmentations, shapes, st.integers(0, 2**63))
def test_the_same_seed_gives_the_same_pixels(augmentation, shape, seed):
    images = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    before = images.copy()
    one, two = (augment(images, augmentation, generator=np.random.default_rng(seed)) for _ in range(2))
    assert np.array_equal(one, two)
    assert (one.shape, one.dtype) == (images.shape, np.uint8)
    assert np.array_equal(images, before)
    assert not np.shares_memory(one, images)


@settings(max_examples=30, derandomize=True, deadline=None)
@given(augmentations, st.integers(0, 2**63))
def test_an_image_is_varied_by_its_place_alone(augmentation, seed):
    images = np.random.default_rng(1).integers(0, 256, (4, 12, 12, 3), dtype=np.uint8)
    other = images.copy()
    other[1:] = 255 - other[1:]
    one, two = (augment(each, augmentation, generator=np.random.default_rng(seed)) for each in (images, other))
    assert np.array_equal(one[0], two[0])


@settings(max_examples=30, derandomize=True, deadline=None)
@given(st.floats(0, 1))
def test_every_strength_is_allowed(strength):
    assert Augmentation.of_strength(strength).is_identity == (strength == 0)


@settings(max_examples=40, derandomize=True, deadline=None)
@given(st.lists(st.integers(0, 4), max_size=9), st.floats(1e-3, 10), st.integers(0, 2**63))
def test_mixed_targets_add_up_to_one_and_mixed_pixels_stay_in_their_range(labels, concentration, seed):
    images = np.random.default_rng(1).random((len(labels), 3, 4, 3), np.float32)
    mixed, targets = mix_up(
        images,
        np.array(labels, np.int64),
        concentration=concentration,
        classes=5,
        generator=np.random.default_rng(seed),
    )
    assert (mixed.dtype, targets.dtype) == (np.float32, np.float32)
    assert (mixed.shape, targets.shape) == (images.shape, (len(labels), 5))
    assert np.allclose(targets.sum(axis=1), 1, atol=1e-6)
    assert (targets >= 0).all()
    assert (mixed >= 0).all()
    assert (mixed <= 1 + 1e-6).all()
