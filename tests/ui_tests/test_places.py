"""Where commands write: on this machine, and never over what they read."""

import shutil
from pathlib import Path

import pytest
from ui_tests.conftest import Galaxy

from datasets import Dataset


@pytest.fixture
def here(tiny_source: Path, tiny_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with images, a dataset, a model's folder, tables, and links to some of them."""
    shutil.copytree(tiny_source, tmp_path / "images")
    shutil.copytree(tiny_dataset.info.path, tmp_path / "galaxies")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "card.csv").write_text("mine")
    for name in ("t.csv", "t.json", "images/notes.csv", "images/p.png", "galaxies/g.png", "galaxies/m.csv"):
        (tmp_path / name).write_text("path\nimages/spiral/000.jpg\n")
    (tmp_path / "link.csv").symlink_to("t.csv")
    (tmp_path / "hard.csv").hardlink_to(tmp_path / "t.csv")
    (tmp_path / "linked").symlink_to("images")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        "classify model t.csv pic.jpg --output t.csv",
        "classify model t.csv pic.jpg --output link.csv",
        "classify model t.csv pic.jpg --output hard.csv",
        "classify model t.csv --output t.csv",
        "classify model t.json --output t.json",
        "classify model images --output images/notes.csv",
        "classify model linked --output images/notes.csv",
        "classify model pic.jpg --output model/card.csv",
        "evaluate model galaxies --by mag --table t.csv --id-column id --confusion t.csv",
        "evaluate model galaxies --prior t.csv --confusion link.csv",
        "evaluate model galaxies --confusion galaxies/m.csv",
        "import images new --preview images/p.png",
        "import images --dry-run --preview linked/p.png",
        "import images/spiral --unlabelled images --dry-run --preview images/p.png",
        "info galaxies --gallery galaxies/g.png",
        # What is not there yet is read the next time.
        "import images new --preview images/spiral/new.png",
        "import images/spiral --unlabelled images/edge-on --dry-run --preview images/edge-on/new.png",
        "classify model images --heatmaps images",
        "classify model pic.jpg images --heatmaps images/maps/new",
        "classify model linked --heatmaps images/maps",
        "classify model images --heatmaps linked/maps --output t.fits",
    ],
)
def test_what_is_read_is_not_written_over(galaxy: Galaxy, here: Path, words: str) -> None:
    before = {path: path.read_bytes() for path in here.rglob("*.*") if path.is_file()}
    refused = galaxy(*words.split())
    assert (refused.exit_code, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
    options = ("--heatmaps", "--output", "--confusion", "--preview", "--gallery")
    option = next(word for word in words.split() if word in options)
    assert f"{option}: expected a place apart from what is read, found " in refused.stderr
    assert {path: path.read_bytes() for path in here.rglob("*.*") if path.is_file()} == before


def test_the_answers_of_before_are_not_what_is_read(galaxy: Galaxy, bundle: Path, here: Path) -> None:
    """Who stands among the images gives the same command again."""
    words = ("classify", str(bundle), "images/spiral", "--output", "images/spiral/answers.csv")
    assert [galaxy(*words).exit_code for _ in range(2)] == [0, 0]


OUTPUTS = (
    ("sample", "{}"),
    ("classify", "model", "pic.jpg", "--output", "{}.csv"),
    ("evaluate", "model", "galaxies", "--confusion", "{}.png"),
    ("export", "model", "--output", "{}.onnx"),
    ("import", "images", "--dry-run", "--preview", "{}.png"),
    ("info", "galaxies", "--gallery", "{}.png"),
    ("ui", "--data", "{}"),
)


@pytest.mark.parametrize("words", OUTPUTS, ids=lambda words: words[0])
@pytest.mark.parametrize("scheme", ["s3", "file"])
def test_a_uri_is_no_place_on_this_machine(galaxy: Galaxy, here: Path, words: tuple[str, ...], scheme: str) -> None:
    refused = galaxy(*(word.format(f"{scheme}://bucket/out") for word in words))
    assert (refused.exit_code, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
    assert f"expected a path on this machine, found a URI of {scheme}://" in refused.stderr
    assert not (here / f"{scheme}:").exists()


@pytest.mark.parametrize(
    ("words", "made"),
    [
        (("sample", "~/new", "--count", 250), "new"),
        (("import", "images", "--dry-run", "--preview", "~/new.png"), "new.png"),
        (("info", "galaxies", "--gallery", "~/new.png"), "new.png"),
    ],
)
def test_the_home_folder_is_meant_by_its_sign(
    galaxy: Galaxy, here: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], made: str
) -> None:
    home = here / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    assert galaxy(*words).exit_code == 0
    assert [path.name for path in home.iterdir()] == [made]
    assert not (here / "~").exists()


@pytest.mark.parametrize("words", [("import", "images", "--dry-run", "--preview"), ("info", "galaxies", "--gallery")])
def test_a_picture_is_a_png(galaxy: Galaxy, here: Path, words: tuple[str, ...]) -> None:
    refused = galaxy(*words, "x.jpg")
    assert refused.exit_code == 2
    assert "expected a file that ends in .png, found x.jpg" in refused.stderr
    assert not (here / "x.jpg").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("classify model pic.jpg --value-range foo", "expected LOW,HIGH, two numbers such as 0,65535, found foo"),
        ("classify model pic.jpg --value-range 9,0", "found 9,0"),
        ("classify model t.csv --output o.csv --value-range 0,9", "leave it out for 't.csv'"),
        ("classify model pic.jpg --prefix gt_", "expected --output FILE with it, .csv, .parquet, .fits, .vot"),
        ("classify model pic.jpg --prefix gt_ --json", "expected --output FILE with it"),
        ("classify model pic.jpg --prefix gt_ --output o.json", "expected --output FILE with it"),
        ("ui --data nowhere", "expected a folder, found nothing: nowhere"),
        ("ui --data t.csv", "expected a folder, found a file: t.csv"),
    ],
)
def test_what_would_be_ignored_is_refused(galaxy: Galaxy, here: Path, words: str, said: str) -> None:
    refused = galaxy(*words.split())
    assert (refused.exit_code, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
    assert said in refused.stderr


def test_bins_are_of_a_column(galaxy: Galaxy, here: Path) -> None:
    refused = galaxy("evaluate", "model", "galaxies", "--bins", 3)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "--bins is of columns to measure by: expected a column with --by, found none" in refused.stderr


@pytest.mark.parametrize("words", [("searches",), ("search", "galaxies", "--name", "a"), ("stop", "a")])
def test_an_empty_place_is_none(galaxy: Galaxy, here: Path, words: tuple[str, ...]) -> None:
    refused = galaxy(*words, "--storage", "")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "expected a path or a URI, found an empty text" in refused.stderr
