import json
import shutil
from pathlib import Path

import pytest
from PIL import Image
from ui_tests.conftest import Galaxy
from ui_tests.fabricated import RECORDS, write_search

from datasets import Dataset
from datasets.sources.forms import FORMS


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work where nothing is: what comes next has names that nothing has."""
    monkeypatch.chdir(tmp_path)


def test_what_comes_next_has_a_name_that_nothing_has(galaxy: Galaxy) -> None:
    for number, name in enumerate(("galaxies.arrow", "galaxies-2.arrow", "galaxies-3.arrow")):
        out = "galaxies" if number == 0 else f"more-{number}"
        shown = galaxy("sample", out, "--count", 250).stdout
        assert shown.splitlines()[-1] == f"Next: galaxy import {out} {name}"
        Path(name).mkdir()
    options = ("--image-size", 16, "--validation", 0.2)
    assert galaxy("import", "galaxies", "d", *options).stdout.endswith("Next: galaxy search d --name first\n")
    write_search("runs", "first", RECORDS[:1])
    assert galaxy("info", "d").stdout.endswith("Next: galaxy search d --name second\n")
    write_search("runs", "second", RECORDS[:1])
    assert galaxy("info", "d").stdout.endswith("Next: galaxy search d --name second-2\n")


def test_sample_writes_class_folders_and_names_the_next_command(galaxy: Galaxy, tmp_path: Path) -> None:
    out = tmp_path / "made here"
    result = galaxy("sample", out, "--count", 250)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == f"Next: galaxy import '{out}' galaxies"
    assert len(list(out.glob("*/*.jpg"))) == 250


def test_sample_json(galaxy: Galaxy, tmp_path: Path) -> None:
    made = json.loads(galaxy("sample", tmp_path / "out", "--count", 250, "--seed", 2, "--json").stdout)
    assert (made["path"], made["count"]) == (str(tmp_path / "out"), 250)
    assert sorted(made["classes"]) == sorted(folder.name for folder in (tmp_path / "out").iterdir())


@pytest.fixture
def imported(galaxy: Galaxy, tiny_source: Path, tmp_path: Path) -> Path:
    target = tmp_path / "galaxies"
    options = ("--image-size", 32, "--crop", 0.5, "--validation", 0.2, "--test", 0.2)
    assert galaxy("import", tiny_source, target, *options).exit_code == 0
    return target


def test_import_uses_its_options(imported: Path) -> None:
    found = Dataset.open(imported)
    assert (found.preprocessing.image_size, found.preprocessing.crop) == (32, 0.5)
    assert sum(found.info.counts["test"].values()) == 20


def test_import_and_info_say_the_same(galaxy: Galaxy, tiny_source: Path, tmp_path: Path) -> None:
    made = json.loads(galaxy("import", tiny_source, tmp_path / "d", "--image-size", 16, "--json").stdout)
    assert json.loads(galaxy("info", tmp_path / "d", "--json").stdout) == made
    assert {"path", "format", "fingerprint", "classes", "image_size", "total", "counts"} <= made.keys()
    assert (made["total"], made["image_size"], made["quarantined"]) == (100, [16, 16], 0)


def test_info_counts_each_class_in_each_split(galaxy: Galaxy, imported: Path) -> None:
    shown = galaxy("info", imported).stdout
    assert [line.split() for line in shown.splitlines() if line.startswith(" spiral")] == [
        ["spiral", "12", "4", "4", "20"]
    ]
    assert "100 of 32×32 pixels" in shown
    assert f"Next: galaxy search {imported} --name first" in shown


def test_info_tells_what_the_import_told(galaxy: Galaxy, tiny_source: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_source, tmp_path / "source" / "train")
    for number in range(14):
        (tmp_path / "source" / f"notes {number:02d}").mkdir()
        (tmp_path / "source" / f"notes {number:02d}" / "a.txt").write_text("x")
    told = galaxy("import", tmp_path / "source", tmp_path / "d").stderr
    shown = galaxy("info", tmp_path / "d").stdout
    for line in ("labels from  the names of the folders", "left out: notes 11/: beside train/", "… and 2 more"):
        assert line in told
        assert line in shown
    assert "notes 12" not in told + shown


def test_import_tells_of_quarantined_images(galaxy: Galaxy, tiny_source: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_source, tmp_path / "source")
    (tmp_path / "source" / "spiral" / "broken.jpg").write_bytes(b"no image")
    shown = galaxy("import", tmp_path / "source", tmp_path / "d").stdout
    assert "1 image could not be used: see quarantine.csv" in shown


@pytest.mark.parametrize("arguments", [("--image-size", 0), ("--validation", 1.5), ("--seed", 0)])
def test_options_out_of_range_are_wrong_use(
    galaxy: Galaxy, tiny_source: Path, tmp_path: Path, arguments: tuple[object, ...]
) -> None:
    assert galaxy("import", tiny_source, tmp_path / "d", *arguments).exit_code == 2
    assert not (tmp_path / "d").exists()


def test_import_says_which_form_it_took(galaxy: Galaxy, tiny_source: Path, tmp_path: Path) -> None:
    assert f"{tiny_source} (class-folders)" in " ".join(galaxy("import", tiny_source, tmp_path / "d").stdout.split())
    made = json.loads(galaxy("info", tmp_path / "d", "--json").stdout)
    assert made["source_format"] == "class-folders"


def test_an_unknown_form_is_one_line_with_the_known_ones(galaxy: Galaxy, tiny_source: Path, tmp_path: Path) -> None:
    result = galaxy("import", tiny_source, tmp_path / "d", "--format", "gravity")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "one of auto, class-folders, galaxy-challenge" in result.stderr


def test_help_names_every_form(galaxy: Galaxy) -> None:
    shown = " ".join(galaxy("import", "--help").stdout.replace("│", " ").split())
    assert all(form in shown for form in FORMS)


def test_strict_stops_at_a_broken_image(galaxy: Galaxy, tiny_source: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_source, tmp_path / "source")
    (tmp_path / "source" / "spiral" / "broken.jpg").write_bytes(b"no image")
    result = galaxy("import", tmp_path / "source", tmp_path / "d", "--strict")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "'spiral/broken.jpg' cannot be used: not an image" in result.stderr
    assert not (tmp_path / "d").exists()


def test_info_draws_a_gallery(galaxy: Galaxy, imported: Path, tmp_path: Path) -> None:
    shown = galaxy("info", imported, "--gallery", tmp_path / "out.png").stdout
    assert str(tmp_path / "out.png") in "".join(shown.split("\n"))
    with Image.open(tmp_path / "out.png") as picture:
        assert picture.format == "PNG"
    told = json.loads(galaxy("info", imported, "--gallery", tmp_path / "out.png", "--json").stdout)
    assert told["gallery"] == str(tmp_path / "out.png")


def test_info_verifies(galaxy: Galaxy, imported: Path) -> None:
    assert json.loads(galaxy("info", imported, "--verify", "--json").stdout)["verified"] is True
    assert "every image is as it was imported" in galaxy("info", imported, "--verify").stdout
    shard = imported / "images-00000.arrow"
    data = shard.read_bytes()
    shard.write_bytes(data[:50_000] + bytes([data[50_000] ^ 1]) + data[50_001:])
    assert galaxy("info", imported, "--json").exit_code == 0
    result = galaxy("info", imported, "--verify", "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "is damaged: expected images-00000.arrow with SHA-256" in result.stderr


def test_a_dataset_on_s3(galaxy: Galaxy, tiny_source: Path, s3: str) -> None:
    target = s3.replace("?", "/tiny.galaxy?")
    made = json.loads(galaxy("import", tiny_source, target, "--image-size", 16, "--json").stdout)
    assert made["path"] == target
    assert json.loads(galaxy("info", target, "--json").stdout) == made
    assert "Next: galaxy search" in galaxy("info", target).stdout


def test_an_existing_dataset_is_refused_and_kept(galaxy: Galaxy, tiny_source: Path, imported: Path) -> None:
    before = Dataset.open(imported).fingerprint
    result = galaxy("import", tiny_source, imported, "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("galaxy: error: ")
    assert "exists already" in result.stderr
    assert result.stderr.count("\n") == 1
    assert Dataset.open(imported).fingerprint == before


def test_info_of_something_else_is_one_line(galaxy: Galaxy, tmp_path: Path) -> None:
    result = galaxy("info", tmp_path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert str(tmp_path) in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_dry_run_says_what_would_be_taken(galaxy: Galaxy, tiny_source: Path, tmp_path: Path) -> None:
    shown = galaxy("import", tiny_source, "--dry-run", "--preview", tmp_path / "p.png")
    assert shown.exit_code == 0
    for text in ("class-folders: class folders", "the names of the folders", "to draw", "p.png", "--dry-run"):
        assert text in shown.stdout
    with Image.open(tmp_path / "p.png") as preview:
        assert preview.width >= 3 * 64
    assert [path.name for path in tmp_path.iterdir()] == ["p.png"]
    plan = json.loads(galaxy("import", tiny_source, tmp_path / "out", "--dry-run", "--json").stdout)
    assert (plan["path"], plan["fingerprint"], plan["provenance"]["format"]) == (None, None, "class-folders")
    assert sum(plan["counts"]["drawn"].values()) == plan["total"] == 100
    assert not (tmp_path / "out").exists()


def test_a_crop_is_advised_where_most_of_the_images_is_sky(galaxy: Galaxy, tiny_source: Path, tmp_path: Path) -> None:
    for path in tiny_source.rglob("*0.jpg"):
        (tmp_path / "source" / path.parent.name).mkdir(parents=True, exist_ok=True)
        frame = Image.new("RGB", (160, 160), (12, 12, 12))
        frame.paste(Image.open(path), (60, 60))
        for number in range(3):
            frame.rotate(90 * number).save(tmp_path / "source" / path.parent.name / f"{number}-{path.name}")
    said = "import with `--crop 0.3`, which holds 95 % of them; `--image-size 48` keeps their pixels"
    assert said in " ".join(galaxy("import", tmp_path / "source", "--dry-run").stdout.split())
    made = galaxy("import", tmp_path / "source", tmp_path / "d", "--image-size", 32)
    assert said in " ".join(made.stderr.split())
    assert said in " ".join(made.stdout.split())
    assert said in " ".join(galaxy("info", tmp_path / "d").stdout.split())
    told = json.loads(galaxy("info", tmp_path / "d", "--json").stdout)
    assert (told["framing"]["crop"], told["framing"]["image_size"]) == (0.3, 48)


def test_an_import_says_what_it_takes_before_it_spends_time(galaxy: Galaxy, tiny_source: Path, tmp_path: Path) -> None:
    shown = galaxy("import", tiny_source, tmp_path / "out", "--image-size", 16)
    assert "class-folders: class folders" in shown.stderr
    made = json.loads(galaxy("info", tmp_path / "out", "--json").stdout)
    assert made["provenance"]["labels_from"] == "the names of the folders"
    missing = galaxy("import", tiny_source)
    assert (missing.exit_code, missing.stdout) == (2, "")
    assert "--dry-run" in missing.stderr


def test_classes_are_left_out_by_name_and_by_number(galaxy: Galaxy, tiny_source: Path, tmp_path: Path) -> None:
    first, *others = sorted(path.name for path in tiny_source.iterdir())
    options = ("--dry-run", "--json", "--drop-class", first, "--drop-class", others[0])
    plan = json.loads(galaxy("import", tiny_source, *options).stdout)
    assert not {first, others[0]} & {*plan["classes"]}
    assert {omission["why"] for omission in plan["provenance"]["omitted"]} == {"--drop-class"}
    refused = galaxy("import", tiny_source, "--dry-run", "--min-images", 1000)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "two classes or more" in refused.stderr


@pytest.mark.parametrize(("size", "expected"), [(7, "8 or more"), (1025, "1024 or less")])
def test_a_size_that_no_dataset_has_is_wrong_use(galaxy: Galaxy, tiny_source: Path, size: int, expected: str) -> None:
    result = galaxy("import", tiny_source, "d", "--image-size", size)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"'--image-size': expected {expected}, found {size}" in result.stderr
    assert "(8 to 1024)" in " ".join(galaxy("import", "--help").stdout.split())


@pytest.mark.parametrize(
    ("validation", "test", "advice"),
    [(0.2, 0.2, "search {} --name first"), (0, 1, "evaluate MODEL {}"), (1, 0, "evaluate MODEL {} --split all")],
)
def test_what_comes_next_is_what_a_dataset_is_good_for(
    galaxy: Galaxy, tiny_source: Path, tmp_path: Path, validation: float, test: float, advice: str
) -> None:
    words = ("--image-size", 16, "--validation", validation, "--test", test)
    made = galaxy("import", tiny_source, tmp_path / "d", *words)
    for shown in (made, galaxy("info", tmp_path / "d")):
        assert shown.stdout.splitlines()[-1] == f"Next: galaxy {advice.format(tmp_path / 'd')}"
