import numpy as np
import pytest

from datasets import Augmentation
from datasets.training.augmenting import augment

GREY = np.full((300, 24, 20, 3), 100, np.uint8)
COLOURED = GREY + np.array([0, 1, 2], np.uint8)


def varied(images, seed=1, **magnitudes):
    return augment(images, Augmentation(**magnitudes), generator=np.random.default_rng(seed))


def test_brightness_multiplies_all_channels_by_one_factor_within_its_bounds():
    changed = varied(GREY, brightness=0.3)
    assert (changed == changed[:, :1, :1, :1]).all()
    factors = changed[:, 0, 0, 0] / 100
    assert factors.min() == pytest.approx(0.7, abs=0.02)
    assert factors.max() == pytest.approx(1.3, abs=0.02)


def test_colour_jitter_multiplies_each_channel_by_a_factor_of_its_own():
    changed = varied(COLOURED, colour_jitter=0.2)
    assert (changed == changed[:, :1, :1]).all()
    factors = changed[:, 0, 0] / COLOURED[:, 0, 0]
    assert factors.min(axis=0) == pytest.approx([0.8] * 3, abs=0.02)
    assert factors.max(axis=0) == pytest.approx([1.2] * 3, abs=0.02)
    assert np.abs(np.corrcoef(factors.T) - np.eye(3)).max() < 0.2


def test_grey_images_get_no_colours():
    images = COLOURED.copy()
    images[::2] = GREY[::2]
    images[4, 5, 6, 1] += 1  # the one pixel that has colour
    magnitudes = {"brightness": 0.2, "colour_jitter": 0.2, "noise": 10}
    changed = varied(images, seed=4, **magnitudes)
    grey = (changed == changed[..., :1]).all(axis=(1, 2, 3))
    assert grey.tolist() == [number % 2 == 0 and number != 4 for number in range(300)]
    assert changed[grey].std() > 1
    mended = np.where(grey[:, np.newaxis, np.newaxis, np.newaxis], COLOURED, images)  # does not change the others
    assert np.array_equal(changed[~grey], varied(mended, seed=4, **magnitudes)[~grey])


def test_light_stays_within_8_bits():
    bright = np.full((50, 8, 8, 3), 250, np.uint8)
    assert varied(bright, brightness=0.1).min() >= 224
    assert varied(bright, brightness=0.5).max() == 255


def test_noise_is_normal_and_as_strong_as_drawn_for_each_image():
    added = varied(COLOURED, noise=20).astype(float) - COLOURED
    deviations = added.std(axis=(1, 2, 3))
    assert deviations.min() < 1
    assert 19 < deviations.max() < 21
    assert deviations.mean() == pytest.approx(10, abs=1)
    strong = added[deviations > 10] / deviations[deviations > 10][:, np.newaxis, np.newaxis, np.newaxis]
    assert strong.mean() == pytest.approx(0, abs=0.01)
    assert (np.abs(strong) < 1).mean() == pytest.approx(0.683, abs=0.02)
    assert np.abs(np.corrcoef(strong.reshape(-1, 3).T) - np.eye(3)).max() < 0.02
    assert abs(np.corrcoef(strong[:, 1:].ravel(), strong[:, :-1].ravel())[0, 1]) < 0.02


def test_noise_does_not_wrap_around():
    for level in (0, 255):
        changed = varied(np.full((20, 8, 8, 3), level, np.uint8), noise=30).astype(int)
        assert np.abs(changed - level).max() < 100


def test_cutout_blackens_one_square_that_may_reach_over_the_border():
    black = (varied(GREY, cutout=0.5) == 0).all(axis=3)
    heights, widths = black.any(axis=2).sum(axis=1), black.any(axis=1).sum(axis=1)
    assert np.array_equal(black.sum(axis=(1, 2)), heights * widths), "one rectangle"
    assert heights.max() == widths.max() == 10
    assert heights.min() == widths.min() == 5
    share_whole = ((heights == 10) & (widths == 10)).mean()
    assert share_whole == pytest.approx(15 / 24 * 11 / 20, abs=0.08)
    assert (black.mean(axis=0) > 0).all(), "a place that is never cut out"


def test_a_square_as_large_as_the_image_leaves_some_of_most():
    changed = varied(GREY, cutout=1.0)
    assert (changed == 0).any(axis=(1, 2, 3)).all()
    assert changed.any(axis=(1, 2, 3)).mean() > 0.9


def test_what_changes_pixels_does_not_change_the_warp():
    images = np.random.default_rng(2).integers(1, 256, (30, 24, 24, 3), dtype=np.uint8)
    plain = varied(images, rotation=180, shift=0.1)
    cut = varied(images, rotation=180, shift=0.1, cutout=0.4)
    assert np.array_equal(cut[cut > 0], plain[cut > 0])
    assert (cut == 0).any(axis=(1, 2, 3)).all()


def test_a_warp_alone_draws_five_numbers_an_image():
    """Data of a search made before there was jitter stay what they were."""
    used, plain = np.random.default_rng(3), np.random.default_rng(3)
    augment(GREY, Augmentation(rotation=10, flip=True), generator=used)
    plain.random((len(GREY), 5))
    assert used.random() == plain.random()
