import zipfile
from pathlib import Path

import non_galaxies
import numpy as np
import numpy.typing as npt
import pytest
from conftest import CLASSES, draw_galaxy

from datasets import decode
from trainer.answering.novelty import Novelty, describe, fit_novelty


def galaxies(count: int, seed: int) -> npt.NDArray[np.uint8]:
    generator = np.random.default_rng(seed)
    return np.array([draw_galaxy(CLASSES[number % 5], generator) for number in range(count)])


@pytest.fixture(scope="module")
def novelty() -> Novelty:
    found = fit_novelty(describe(galaxies(400, seed=1)), seed=1)
    assert found is not None
    return found


def test_few_galaxies_are_novel(novelty: Novelty) -> None:
    assert (novelty.of(galaxies(400, seed=2)) > 1).mean() <= 0.06  # 3 %, and chance


@pytest.mark.parametrize("kind", non_galaxies.KINDS)
def test_what_is_no_galaxy_is_novel(novelty: Novelty, kind: str) -> None:
    assert (novelty.of(non_galaxies.draw(kind, 20, side=40, seed=1)) > 1).mean() >= 0.9


@pytest.mark.slow
def test_real_galaxies_raise_few_alarms_and_what_is_none_does(real_data: Path) -> None:
    with zipfile.ZipFile(real_data / "galaxy-zoo-2-five-class.zip") as archive:
        names = [name for name in archive.namelist() if name.endswith(".jpg")]
        chosen = np.random.default_rng(1).choice(sorted(names), 1600, replace=False)
        real = np.array([decode(archive.read(name), crop=1, image_size=64).pixels for name in chosen])
    found = fit_novelty(describe(real[:800]), seed=1)
    assert found is not None
    assert (found.of(real[800:]) > 1).mean() <= 0.05
    for kind in non_galaxies.KINDS:
        assert (found.of(non_galaxies.draw(kind, 10, side=64, seed=1)) > 1).mean() >= 0.9, kind


def test_flips_and_turns_look_alike() -> None:
    images = galaxies(3, seed=3)
    for other in (images[:, ::-1], images[:, :, ::-1], np.rot90(images, axes=(1, 2))):
        assert describe(other) == pytest.approx(describe(images), abs=1e-4)


def test_a_colour_counts() -> None:
    images = galaxies(1, seed=3)
    assert describe(images[..., ::-1]) != pytest.approx(describe(images), abs=1e-2)


@pytest.mark.parametrize("side", [1, 2, 7])
def test_tiny_images_have_finite_descriptions(side: int) -> None:
    found = describe(np.full((2, side, side, 3), 9, np.uint8))
    assert found.shape == (2, 36)
    assert np.isfinite(found).all()


def test_a_limit_needs_33_images() -> None:
    descriptions = describe(galaxies(33, seed=1))
    assert fit_novelty(descriptions[:32], seed=1) is None
    assert fit_novelty(descriptions, seed=1) is not None


def test_images_all_alike_give_a_limit_too() -> None:
    found = fit_novelty(describe(np.zeros((40, 8, 8, 3), np.uint8)), seed=1)
    assert found is not None
    assert np.isfinite(found.of(np.zeros((1, 8, 8, 3), np.uint8))).all()


def test_no_images_have_no_novelty(novelty: Novelty) -> None:
    assert novelty.of(np.zeros((0, 40, 40, 3), np.uint8)).shape == (0,)
