import numpy as np
import pytest

from datasets import Augmentation
from datasets.training.augmenting import augment


@pytest.fixture
def images():
    """Smooth images, so that what a resampling blurs stays small: uint8, (6, 33, 33, 3)."""
    y, x = np.mgrid[:33, :33]
    blobs = [np.exp(-(((x - 16 - k) / 7) ** 2) - ((y - 14) / 4) ** 2) for k in range(6)]
    return (np.stack(blobs)[..., np.newaxis] * (255, 200, 120)).astype(np.uint8)


def varied(images, seed=1, **magnitudes):
    return augment(images, Augmentation(**magnitudes), generator=np.random.default_rng(seed))


def test_the_default_leaves_images_as_they_are_in_an_array_of_their_own(images):
    same = varied(images)
    assert np.array_equal(same, images)
    assert not np.shares_memory(same, images)


def test_a_flip_alone_is_exact_and_hits_about_every_second_image(images):
    many = np.repeat(images, 50, axis=0)
    flipped = varied(many, flip=True)
    mirrored = np.array([np.array_equal(a, b[:, ::-1]) for a, b in zip(flipped, many, strict=True)])
    unchanged = np.array([np.array_equal(a, b) for a, b in zip(flipped, many, strict=True)])
    assert (mirrored | unchanged).all()
    assert 0.4 < mirrored[many.shape[0] // 6 :].mean() < 0.6


def test_rotation_keeps_the_middle_and_moves_the_rest(images):
    turned = varied(images, rotation=180)
    assert np.abs(turned[:, 16, 16].astype(int) - images[:, 16, 16]).max() <= 1
    assert np.abs(turned.astype(int) - images).mean() > 5


def test_zoom_scales_about_the_middle_within_its_bounds(images):
    widths = [(image[..., 0].max(axis=0) > 100).sum() for image in varied(np.repeat(images[:1], 200, axis=0), zoom=0.4)]
    width = (images[0, ..., 0].max(axis=0) > 100).sum()
    assert 0.55 * width < min(widths) < 0.75 * width
    assert 1.2 * width < max(widths) < 1.5 * width


def test_shift_moves_by_at_most_its_fraction_of_the_side(images):
    moved = varied(np.repeat(images[:1], 200, axis=0), shift=0.25)[..., 0].astype(float)
    y, x = np.mgrid[:33, :33]
    peaks = np.array([[y.flat[image.argmax()], x.flat[image.argmax()]] for image in moved]) - (14, 16)
    assert 6 <= np.abs(peaks).max() <= 0.25 * 33 + 1
    assert np.abs(peaks.mean(axis=0)).max() < 1.5


def test_what_comes_in_over_the_border_is_mirrored_not_black():
    bright = np.full((20, 16, 16, 3), 200, np.uint8)
    assert (varied(bright, rotation=180, zoom=0.5, shift=0.5, flip=True) == 200).all()


def test_or_it_is_black():
    bright = np.full((20, 16, 16, 3), 200, np.uint8)
    moved = varied(bright, shift=0.5, border="black")
    assert ((moved == 0).any(axis=(1, 2, 3)) & (moved == 200).any(axis=(1, 2, 3))).sum() > 15


def test_images_need_not_be_square_and_the_source_is_unchanged(images):
    tall, before = images[:, :, :20].copy(), images[:, :, :20].copy()
    assert varied(tall, rotation=30).shape == tall.shape
    assert np.array_equal(tall, before)


def test_the_seed_decides(images):
    magnitudes = {"rotation": 180, "zoom": 0.2, "shift": 0.1, "flip": True}
    assert np.array_equal(varied(images, 5, **magnitudes), varied(images, 5, **magnitudes))
    assert not np.array_equal(varied(images, 5, **magnitudes), varied(images, 6, **magnitudes))


def test_strength_is_one_number_for_all():
    assert Augmentation.of_strength(0).is_identity
    assert Augmentation.of_strength(0.5) == Augmentation(rotation=90, zoom=0.1, shift=0.03, flip=True)
    assert Augmentation.of_strength(1) == Augmentation(rotation=180, zoom=0.2, shift=0.06, flip=True)
    with pytest.raises(ValueError, match=r"must be 0 to 1, got 1.5"):
        Augmentation.of_strength(1.5)


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("rotation", 181, "0 to 180 degrees"),
        ("rotation", -1, "0 to 180 degrees"),
        ("zoom", 1, "below 1"),
        ("zoom", -0.1, "at least 0"),
        ("shift", 1.1, "0 to 1"),
        ("shift", float("nan"), "0 to 1"),
        ("border", "white", "one of reflect, black"),
        ("brightness", 1, "below 1"),
        ("colour_jitter", -0.1, "at least 0"),
        ("noise", 256, "0 to 255 levels"),
        ("cutout", 1.5, "0 to 1"),
    ],
)
def test_magnitudes_out_of_bounds_are_refused(field, value, rule):
    with pytest.raises(ValueError, match=rf"augmentation.{field} must be .*{rule}"):
        Augmentation(**{field: value})
