from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from ui_tests.conftest import Galaxy

from trainer import Classifier
from ui.predictions.heatmaps import heatmap_name, overlay


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a/b/photo 1.jpg", "00007-photo_1.png"),
        ("a.zip/../../etc/passwd", "00007-passwd.png"),
        ("C:\\x\\y.jpg", "00007-y.png"),
        ("..", "00007-_.png"),
        (".jpg", "00007-_jpg.png"),
        ("é" * 300 + ".jpg", "00007-_.png"),
    ],
)
def test_names_are_safe(path: str, expected: str) -> None:
    assert heatmap_name(7, path) == expected


def test_orange_is_for_the_class_and_blue_against_it() -> None:
    heat = np.zeros((8, 8), np.float32)
    heat[:, :2], heat[:, 6:] = 0.5, -0.5
    found = overlay(np.full((8, 8, 3), 100, np.uint8), heat)
    assert (found.shape, found.dtype) == ((256, 520, 4), np.uint8)
    assert (found[:, :256, :3] == 100).all()
    assert [found[0, at, 3] for at in (255, 260, 264)] == [255, 0, 255]
    red, blue = found[..., 0].astype(int), found[..., 2].astype(int)
    assert red[128, 264 + 10] > blue[128, 264 + 10] + 100
    assert blue[128, 264 + 245] > red[128, 264 + 245] + 100
    assert abs(red[128, 264 + 128] - 100) < 5


@pytest.mark.parametrize("sign", [1, -1])
def test_the_strongest_part_is_opaque_whichever_side_it_is_on(sign: int) -> None:
    heat = np.full((8, 8), sign * 0.25, np.float32)
    heat[:, 4:] = sign * -0.5
    drawn = overlay(np.full((8, 8, 3), 100, np.uint8), heat)
    orange, blue = np.array([255, 90, 30]), np.array([60, 120, 255])
    weak, strong = (orange, blue) if sign > 0 else (blue, orange)
    # The opacity of the strongest is 0.75, of what is half as strong the half.
    assert drawn[128, 264 + 10, :3] == pytest.approx(100 * 0.625 + weak * 0.375, abs=2)
    assert drawn[128, 264 + 245, :3] == pytest.approx(100 * 0.25 + strong * 0.75, abs=2)


def test_a_weak_map_is_drawn_weak() -> None:
    pixels = np.full((8, 8, 3), 100, np.uint8)
    found = overlay(pixels, np.full((8, 8), 1e-4, np.float32))
    assert np.abs(found[:, 264:, :3].astype(int) - 100).max() < 3


def test_classify_draws_every_image_that_could_be_classified(
    galaxy: Galaxy, bundle: Path, tiny_source: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("no image")
    images = [tiny_source / "spiral" / "001.jpg", tmp_path / "notes.txt", tiny_source / "edge-on" / "000.jpg"]
    for _ in range(2):  # older pictures are replaced
        result = galaxy("classify", bundle, *images, "--heatmaps", tmp_path / "maps", "--json")
        assert result.exit_code == 0
    assert sorted(path.name for path in (tmp_path / "maps").iterdir()) == ["00001-001.png", "00003-000.png"]
    with Image.open(tmp_path / "maps" / "00001-001.png") as drawn:
        assert drawn.size == (520, 256)


def test_a_table_that_goes_on_draws_the_rows_it_had_begun_to_draw(
    galaxy: Galaxy, bundle: Path, tiny_source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.cataloguing.catalogue._ROWS", 1)
    (tmp_path / "t.csv").write_text("path\n" + "".join(f"{tiny_source}/spiral/{n:03d}.jpg\n" for n in range(3)))
    words = ("classify", bundle, tmp_path / "t.csv", "--output", tmp_path / "o.csv")
    maps = ("--heatmaps", tmp_path / "maps")
    drawn, real = [], Classifier.heatmap

    def heatmap(classifier: Classifier, *arguments: Any) -> Any:
        drawn.append(arguments)
        if len(drawn) == 3:
            raise KeyboardInterrupt
        return real(classifier, *arguments)

    monkeypatch.setattr(Classifier, "heatmap", heatmap)
    assert galaxy(*words, *maps).exit_code == 130
    for others in ((), ("--heatmaps", tmp_path / "others")):
        refused = galaxy(*words, *others)
        assert (refused.exit_code, "begun with another --heatmaps: give the same command" in refused.stderr) == (
            1,
            True,
        )
    assert galaxy(*words, *maps).exit_code == 0
    names = [f"{n + 1:05d}-{n:03d}.png" for n in range(3)]
    assert sorted(path.name for path in (tmp_path / "maps").iterdir()) == names
    assert len(drawn) == 4
