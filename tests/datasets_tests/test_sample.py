import re
from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from datasets import SampleInfo, SourceError, StorageError, iterate_images, render_sample
from datasets.rendering import sample
from datasets.rendering.galaxies import KINDS

Files = dict[str, bytes]


def read_tree(folder: Path) -> Files:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def smallest(tmp_path_factory: pytest.TempPathFactory) -> SampleInfo:
    return render_sample(tmp_path_factory.mktemp("samples") / "smallest", count=sample.FEWEST)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Render grey squares: for tests of the files, not of the galaxies."""
    monkeypatch.setattr(sample, "render", lambda kind, generator: np.full((4, 4, 3), 128, np.uint8))


def test_the_smallest_sample_has_every_class_with_at_least_six_pictures(smallest: SampleInfo):
    folders = {folder.name: len(list(folder.glob("*.jpg"))) for folder in smallest.path.iterdir()}
    assert folders == smallest.counts
    assert sum(folders.values()) == smallest.count == sample.FEWEST
    assert min(folders.values()) == folders["Cigar-shaped smooth"] == 6
    assert smallest.classes == (
        "Cigar-shaped smooth",
        "completely round smooth",
        "edge-on",
        "In between smooth",
        "spiral",
    )


def test_every_picture_is_a_jpeg_of_128_pixels_with_the_galaxy_in_the_middle(smallest: SampleInfo):
    for path in smallest.path.rglob("*.jpg"):
        assert re.fullmatch(r"\d+\.jpg", path.name)
        with Image.open(path) as image:
            assert (image.format, image.size, image.mode) == ("JPEG", (128, 128), "RGB")
            pixels = np.asarray(image, dtype=float).mean(axis=2)
        edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
        assert pixels[58:70, 58:70].mean() > 2 * np.median(edge) + 15, path


def test_the_same_seed_gives_the_same_bytes_and_a_larger_sample_begins_alike(smallest: SampleInfo, tmp_path: Path):
    larger = render_sample(tmp_path / "larger", count=sample.FEWEST + 20)
    files, more = read_tree(smallest.path), read_tree(larger.path)
    assert len(more) == len(files) + 20
    assert {name: more[name] for name in files} == files


def test_another_seed_gives_other_pictures(smallest: SampleInfo, tmp_path: Path):
    other = render_sample(tmp_path / "other", count=sample.FEWEST, seed=2)
    assert other.counts == smallest.counts
    assert not set(read_tree(other.path).values()) & set(read_tree(smallest.path).values())


def test_pictures_of_one_sample_all_differ(smallest: SampleInfo):
    assert len(set(read_tree(smallest.path).values())) == smallest.count


@pytest.mark.parametrize("count", [sample.FEWEST, 1000, 2000, 20_000])
def test_classes_are_as_frequent_as_they_should_be(count: int):
    given = Counter(islice(sample.class_sequence(), count))
    assert sum(sample.PERCENT.values()) == pytest.approx(100)
    assert given.keys() == sample.PERCENT.keys() == KINDS.keys()
    for name, percent in sample.PERCENT.items():
        assert abs(given[name] - percent * count / 100) <= 2


def test_progress_counts_up_to_the_total(tmp_path: Path, quick: None):
    heard: list[tuple[int, int | None]] = []
    render_sample(tmp_path / "out", count=260, progress=lambda done, total: heard.append((done, total)))
    assert heard == [(done, 260) for done in range(261)]


def test_json_names_the_folder_absolutely(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick: None):
    monkeypatch.chdir(tmp_path)
    shown = render_sample("out", count=250).as_json()
    assert shown["path"] == str(tmp_path / "out")
    assert shown["count"] == sum(shown["counts"].values()) == 250
    assert shown["classes"] == list(shown["counts"])


def test_an_empty_folder_is_filled_and_parents_are_made(tmp_path: Path, quick: None):
    (tmp_path / "empty").mkdir()
    assert render_sample(tmp_path / "empty", count=250).path == tmp_path / "empty"
    assert len(list(iterate_images([tmp_path / "empty"]))) == 250
    render_sample(tmp_path / "a" / "b", count=250)
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"count": 249}, "a sample of 249 is too small: 250 are needed for a few of each class"),
        ({"count": -1}, "a sample of -1 is too small"),
        ({"seed": 0}, "the seed must be 1 or more, but is 0"),
    ],
)
def test_numbers_that_are_too_small_are_refused_before_anything_is_written(
    tmp_path: Path, options: dict[str, int], message: str
):
    with pytest.raises(SourceError, match=f"^{re.escape(message)}"):
        render_sample(tmp_path / "out", **options)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_refused_and_left_alone(tmp_path: Path, quick: None):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("years of work")
    with pytest.raises(SourceError, match=r"full exists already and is not empty: remove it or name another folder"):
        render_sample(tmp_path / "full", count=250)
    assert read_tree(tmp_path) == {"full/thesis.txt": b"years of work"}


def test_a_file_is_refused_and_left_alone(tmp_path: Path, quick: None):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(SourceError, match=r"thesis.txt is a file: name a folder that does not exist yet"):
        render_sample(tmp_path / "thesis.txt", count=250)
    assert read_tree(tmp_path) == {"thesis.txt": b"years of work"}


def test_a_place_that_cannot_be_written_is_named_with_the_reason(tmp_path: Path, quick: None):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"cannot be written to .*file/below/out: Not a directory"):
        render_sample(tmp_path / "file" / "below" / "out", count=250)
    assert read_tree(tmp_path) == {"file": b""}


@pytest.mark.parametrize(
    ("failure", "raised"),
    [(OSError(28, "No space left on device"), StorageError), (KeyboardInterrupt(), KeyboardInterrupt)],
)
def test_nothing_half_written_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException, raised: type[BaseException]
):
    def fail_at_the_tenth(done: int, total: int | None) -> None:
        if done == 10:
            raise failure

    monkeypatch.setattr(sample, "render", lambda kind, generator: np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(raised):
        render_sample(tmp_path / "out", count=250, progress=fail_at_the_tenth)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.real_data
def test_classes_are_spelled_as_in_the_real_data(real_data: Path):
    names = {image.name.split("/")[-2] for image in iterate_images([real_data / "galaxy-zoo-2-five-class.zip"])}
    assert names == set(KINDS)
