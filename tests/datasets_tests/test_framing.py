"""How much of its images the objects fill: measured, said, and a crop advised where most of them is sky."""

from dataclasses import replace

import numpy as np
import pytest

from datasets import Dataset, Framing, ImportOptions, framing_of, import_dataset, plan_import
from datasets.images.framing import object_share


def drawn(radius, *, side=100, sky=15.0, noise=4.0, at=((0.0, 0.0),), light=120.0, seed=1):
    """Even discs of a radius in pixels, ``at`` so far from the centre, on a noisy sky: uint8, (side, side, 3)."""
    offsets = np.arange(side) - (side - 1) / 2
    image = np.random.default_rng(seed).normal(sky, noise, (side, side, 1))
    for y, x in at:
        image += light * (np.hypot(offsets[:, np.newaxis] - y, offsets - x) < radius)[..., np.newaxis]
    return np.clip(image, 0, 255).astype(np.uint8).repeat(3, axis=2)


@pytest.mark.parametrize("noise", [0, 4, 15])
@pytest.mark.parametrize(("radius", "expected"), [(6, 0.13), (20, 0.41), (40, 0.81)])
def test_the_diameter_of_what_stands_out_from_the_border_s_noise(radius, expected, noise):
    assert object_share(drawn(radius, noise=noise)) == pytest.approx(expected, abs=0.04)


def test_other_objects_do_not_count_but_the_parts_of_one_do():
    assert object_share(drawn(6, at=[(0, 0), (35, 30), (-30, 38)])) == pytest.approx(0.13, abs=0.04)
    lobes = drawn(4, at=[(0, -14), (0, 14)])
    assert object_share(lobes) == pytest.approx(0.36, abs=0.04)


def test_a_negative_shows_the_same():
    assert object_share(255 - drawn(12)) == object_share(drawn(12)) == pytest.approx(0.25, abs=0.04)


def test_where_nothing_stands_out_it_cannot_be_told():
    assert object_share(drawn(0)) is None
    assert object_share(drawn(6, at=[(35, 35)])) is None
    found = Framing.of([drawn(0, seed=seed) for seed in range(20)], crop=1, source_side=100)
    assert found == Framing(20, 0)
    assert found.said == "cannot tell how much of the images they fill: seen in 0 of 20"
    few = Framing.of([drawn(6)] * 7, crop=1, source_side=100)
    assert (few.filled, few.seen, few.advice) == (None, 7, None)
    assert few.said.endswith(": seen in 7 of 7, and 8 are needed")


def test_a_crop_holds_nearly_all_with_a_margin_and_keeps_their_pixels():
    found = Framing.of(
        [drawn(8, seed=n) for n in range(18)] + [drawn(12, seed=n) for n in range(2)], crop=1, source_side=300
    )
    assert found.filled == pytest.approx(0.17, abs=0.03)
    assert (found.crop, found.image_size) == (0.35, 112)
    assert "with `--crop 0.35`, which holds 95 % of them; `--image-size 112` keeps" in found.advice
    again = Framing.of([drawn(8, seed=n) for n in range(20)], crop=0.5, source_side=300)
    assert (again.crop, again.image_size) == (0.15, 48)  # of the source, not of what was kept of it


@pytest.mark.parametrize(("radius", "source_side", "expected"), [(12, 1000, 128), (12, 40, 32), (30, 300, None)])
def test_sizes_stay_within_reason_and_large_objects_need_no_advice(radius, source_side, expected):
    found = Framing.of([drawn(radius)] * 20, crop=1, source_side=source_side)
    assert found.image_size == expected
    assert (found.advice is None) == (expected is None)


def test_import_plan_and_dataset_say_it(tmp_path, encode):
    for name in "ab":
        (tmp_path / "source" / name).mkdir(parents=True)
        for number in range(10):
            picture = encode(drawn(7 if name == "a" else 9, seed=number))
            (tmp_path / "source" / name / f"{number}.png").write_bytes(picture)
    planned = plan_import(tmp_path / "source").framing
    info = import_dataset(tmp_path / "source", tmp_path / "out", ImportOptions(image_size=32))
    dataset = Dataset.open(tmp_path / "out")
    assert planned == info.framing == framing_of(dataset)
    assert (planned.measured, planned.seen, planned.crop) == (20, 20, 0.3)
    dataset.info = replace(dataset.info, framing=None)  # as an older version made it
    assert framing_of(dataset).filled == pytest.approx(planned.filled, abs=0.06)
    cropped = import_dataset(tmp_path / "source", tmp_path / "cropped", ImportOptions(image_size=32, crop=0.3))
    assert cropped.framing.advice is None
