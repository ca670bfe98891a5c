"""What names the galaxies of a source, in whatever form it is, and what stands for none or only counts rows."""

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from datasets_tests.source_examples import png, tar_of, tfrecord, write

from datasets import SourceError
from datasets.sources.listing import Listing
from datasets.sources.options import SourceOptions
from datasets.sources.source import read_source

COUNT = 12
Splits = Sequence[Sequence[object]]
"""The galaxy of each row of the training, and perhaps of the test, images."""


def pictures(count: int) -> list[np.ndarray]:
    return list(np.random.default_rng(3).integers(0, 255, (count, 12, 12, 3), dtype=np.uint8))


def named(rows: Splits) -> list[tuple[str, Sequence[object]]]:
    return [("all", rows[0])] if len(rows) == 1 else list(zip(("train", "test"), rows, strict=True))


def table(place: Path, column: str, rows: Splits) -> Path:
    for name, ids in named(rows):
        for number, pixels in enumerate(pictures(len(ids))):
            write(place / f"{name}/g{number}.png", png(pixels))
        with (place / f"{name}.csv").open("w") as file:
            lines = [[f"{name}/g{number}.png", "ab"[number % 2], each] for number, each in enumerate(ids)]
            csv.writer(file).writerows([["path", "label", column], *lines])
    return place


def votes(place: Path, column: str, rows: Splits) -> Path:
    header = ["path", "smooth-or-featured_smooth_fraction", "split", column]
    lines: list[list[object]] = []
    for name, ids in named(rows):
        for number, pixels in enumerate(pictures(len(ids))):
            write(place / f"images/{name}-{number}.png", png(pixels))
            split = "" if name == "all" else name
            lines.append([f"images/{name}-{number}.png", number % 2, split, ids[number]])
    with (place / "votes.csv").open("w") as file:
        csv.writer(file).writerows([header, *lines])
    (place / "rules.toml").write_text(f"[classes]\na = '`{header[1]}` > 0.5'\nb = '`{header[1]}` <= 0.5'\n")
    return place


def arrays(place: Path, column: str, rows: Splits) -> Path:
    found = {}
    for name, ids in named(rows):
        end = "" if name == "all" else f"_{name}"
        found |= {f"images{end}": np.array(pictures(len(ids))), f"labels{end}": np.arange(len(ids)) % 2}
        values = np.array(["" if each is None else str(each) for each in ids])
        found[f"{column}{end}"] = values
    np.savez(place / "a.npz", **found)
    return place / "a.npz"


def records(place: Path, column: str, rows: Splits) -> Path:
    for name, ids in named(rows):
        data = b""
        for number, pixels in enumerate(pictures(len(ids))):
            data += tfrecord(("image", png(pixels)), ("label", number % 2), (column, str(ids[number]).encode()))
        (place / f"{name}.tfrecord").write_bytes(data)
    return place


def webdataset(place: Path, column: str, rows: Splits) -> Path:
    for name, ids in named(rows):
        files = {}
        for number, pixels in enumerate(pictures(len(ids))):
            files[f"{number:05d}.png"] = png(pixels)
            files[f"{number:05d}.json"] = json.dumps({"label": "ab"[number % 2], column: ids[number]}).encode()
        tar_of(place / f"{name}.tar", files)
    return place


FORMS = {"table": table, "votes": votes, "arrays": arrays, "tfrecord": records, "webdataset": webdataset}


@pytest.fixture(params=FORMS)
def listed(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Listing]:
    """Make a source of each form with a column, and list it."""

    def make(column: str, *rows: Sequence[object], **options: object) -> Listing:
        path = FORMS[request.param](tmp_path, column, rows)
        if request.param == "votes":
            options["classes"] = str(tmp_path / "rules.toml")
        return read_source(path, SourceOptions(format=request.param, **options)).listing

    return make


def objects(listing: Listing) -> list[str]:
    """Return the galaxies of the images, sorted: those of votes alone have no order of their own."""
    return sorted(item.object_id for item in listing.items)


PAIRS = [f"J{number // 2}" for number in range(COUNT)]


@pytest.mark.parametrize("column", ["objid", "galaxy_id", "id"])
def test_a_column_of_a_usual_name_has_the_galaxies_which_is_said(listed, column):
    listing = listed(column, PAIRS)
    assert objects(listing) == PAIRS
    assert f"images of one galaxy, by '{column}', stay in one split: 6 galaxies have several" in listing.notes


def test_galaxies_of_several_images_are_counted_among_those_that_are_imported(tmp_path):
    table(tmp_path, "objid", [PAIRS])
    lines = (tmp_path / "all.csv").read_text().splitlines()
    lines[1] = lines[1].replace(",a,", ",,")  # without a class
    (tmp_path / "all/g2.png").unlink()
    for number in range(2):
        write(tmp_path / f"more/g{number}.png", png(pictures(14)[12 + number]))
    lines += [f"more/g{number}.png,c,J9" for number in range(2)]
    (tmp_path / "all.csv").write_text("\n".join(lines))
    listing = read_source(tmp_path, SourceOptions(drop_class=("c",))).listing
    assert shared(listing) == {"J2", "J3", "J4", "J5"}
    assert "images of one galaxy, by 'objid', stay in one split: 4 galaxies have several" in listing.notes


def test_a_running_number_of_each_part_names_no_galaxy_unless_it_is_asked_for(listed):
    for start in (0, 1):
        numbers = [range(start, start + COUNT), range(start, start + 6)]
        listing = listed("id", *numbers)
        assert not shared(listing)
        note = "'id' counts the rows of each part anew and names no galaxy; --id-column id takes it for a name"
        assert note in listing.notes
    assert len(shared(listed("id", *numbers, id_column="id"))) == 6


def shared(listing: Listing) -> set[str]:
    """Return the galaxies of several images."""
    names = objects(listing)
    return {name for name in names if name and names.count(name) > 1}


def test_the_galaxies_of_several_parts_are_kept_where_they_are_no_count_of_rows(listed):
    listing = listed("id", PAIRS, PAIRS[:4])
    assert shared(listing) == set(PAIRS)


@pytest.mark.parametrize("nothing", ["nan", "NaN", "None", "", "--", "-999", "-1"])
def test_what_stands_for_nothing_names_no_galaxy(listed, nothing):
    listing = listed("objid", [nothing] * 5 + PAIRS[5:])
    assert shared(listing) == set(PAIRS[6:])
    assert any(note.startswith(f"{nothing} in 'objid' names no galaxy: 5") for note in listing.notes) == (
        nothing[:2] in ("-9", "-1")
    )


def test_what_all_rows_have_names_no_galaxy(listed):
    listing = listed("objid", ["field7"] * COUNT)
    assert not shared(listing)
    assert "'objid' is the same in all rows and names no galaxy" in listing.notes


def test_what_only_says_the_class_names_no_galaxy_unless_it_is_asked_for(listed):
    numbers = [3 + number % 2 for number in range(COUNT)]
    assert not shared(listed("source_id", [7] * COUNT, [7, 7, 7, 7]))
    listing = listed("source_id", numbers, numbers[:4])
    assert not shared(listing)
    said = "'source_id' has one value a class and names no galaxy; --id-column source_id takes it for a name"
    assert said in listing.notes
    assert shared(listed("source_id", numbers, numbers[:4], id_column="source_id")) == {"3", "4"}


def test_no_column_is_taken_where_none_is_to_be(listed):
    assert not shared(listed("objid", PAIRS, id_column="none"))


def test_a_column_that_is_not_there_is_refused(listed):
    with pytest.raises(SourceError, match=r"--id-column"):
        listed("objid", PAIRS, id_column="galaxy")


def test_an_id_within_a_brick_of_the_sky_names_no_galaxy(tmp_path):
    table(tmp_path, "objid", [[3] * COUNT])
    text = (tmp_path / "all.csv").read_text().splitlines()
    (tmp_path / "all.csv").write_text("".join(f"{line},{n or 'brickid'}\n" for n, line in enumerate(text)))
    assert not shared(read_source(tmp_path, SourceOptions()).listing)


@pytest.mark.parametrize("nothing", [np.nan, -999, -9999])
def test_a_position_that_is_none_names_no_galaxy(tmp_path, nothing):
    where = np.array([nothing] * 5 + [1, 1, *range(2, 7)], float)
    np.savez(tmp_path / "a.npz", images=np.array(pictures(12)), labels=np.arange(12) % 2, ra=where, dec=where)
    listing = read_source(tmp_path / "a.npz", SourceOptions()).listing
    assert shared(listing) == {"1.00000 +1.00000"}
    assert "images of one galaxy, by 'ra and dec', stay in one split: 1 galaxies have several" in listing.notes


@pytest.mark.parametrize("kind", ["folders", "table"])
def test_images_of_one_name_in_one_folder_are_of_one_galaxy(tmp_path, kind):
    files = [f"{name}/{number}.{suffix}" for name in "ab" for number in range(3) for suffix in ("png", "jpg")]
    for file in files:
        write(tmp_path / file, b"image")
    if kind == "table":
        (tmp_path / "t.csv").write_text("path,label\n" + "".join(f"{file},{file[0]}\n" for file in files))
    listing = read_source(tmp_path, SourceOptions(format="auto" if kind == "table" else "class-folders")).listing
    assert {item.id: item.object_id for item in listing.items} == {file: file[:-4] for file in files}
    assert any(note.startswith("images that differ in the suffix alone, such as a/0.") for note in listing.notes)
