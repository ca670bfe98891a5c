"""Where the images of a table's rows are: never those that other rows mean, nor whatever lies elsewhere."""

import pytest
from datasets_tests.source_examples import write

from datasets import SourceError, Split
from datasets.sources.options import SourceOptions
from datasets.sources.source import read_source


def source(place, images, rows, name="t.csv", header="path,label"):
    """Write images whose content is their name, and a table whose classes alternate."""
    for image in images:
        write(place / image, image.encode())
    lines = [f"{row},{'xy'[number % 2]}" if "," not in row else row for number, row in enumerate(rows)]
    write(place / name, "\n".join([header, *lines]).encode())
    return place


def read(place, **options):
    return read_source(place, SourceOptions(format="table", **options)).listing


def found(listing):
    return sorted(item.read().decode() for item in listing.items)


A, B = ([f"{tile}/{number}.png" for number in range(4)] for tile in ("tileA", "tileB"))


def test_folders_of_another_machine_are_found_by_the_ends_of_paths_which_is_said(tmp_path):
    listing = read(source(tmp_path, A, B))
    assert found(listing) == A
    (note,) = (note for note in listing.notes if "ends of their paths" in note)
    assert note.endswith(
        "4 images are found by the ends of their paths, whose folders are not here: 'tileB/0.png' is tileA/0.png"
    )


@pytest.mark.parametrize("rows", [[*A, *B], [*B, *A], [*A[:2], *B[2:]], [*B[2:], *A[:2]]])
def test_where_some_folders_are_here_the_others_are_missing(tmp_path, rows):
    listing = read(source(tmp_path, A, rows), allow_missing=True)
    assert found(listing) == sorted({*rows} & {*A})
    assert [name for name, _ in listing.rejected] == [row for row in rows if row in B]


def test_paths_of_two_folders_do_not_lead_to_one_image(tmp_path):
    images = [f"here/{number}.png" for number in range(4)]
    with pytest.raises(SourceError, match=r"no such file; here/0.png is what other rows may mean, too"):
        read(source(tmp_path, images, [*A, *B]))


@pytest.mark.parametrize("header", ["path,label,split", "path,label"])
def test_images_of_a_split_do_not_stand_for_those_of_another(tmp_path, header):
    rows = [f"{split}/{number}.png,{'xy'[number % 2]},{split}" for split in ("train", "test") for number in range(4)]
    if "split" not in header:
        rows = [row.rpartition(",")[0] for row in rows]
    images = [f"train/{number}.png" for number in range(4)]
    listing = read(source(tmp_path, images, rows, header=header))
    assert found(listing) == images
    assert {item.split for item in listing.items} <= {Split.TRAIN, None}
    alone = read(source(tmp_path, images, [f"/x/train/{number}.png" for number in range(4)]))
    assert found(alone) == images
    with pytest.raises(SourceError, match=r"lead to no image|leads to images"):
        read(source(tmp_path, images, [f"/x/test/{number}.png" for number in range(4)]))


def test_tables_of_two_splits_do_not_share_images(tmp_path):
    source(tmp_path, A, A, "train.csv")
    listing = read(source(tmp_path, [], ["tileB/0.png"], "test.csv"))
    assert found(listing) == A
    assert {item.split for item in listing.items} == {Split.TRAIN}


def test_the_working_directory_fills_no_gaps(tmp_path, monkeypatch):
    elsewhere = source(tmp_path / "elsewhere", A, [])
    monkeypatch.chdir(elsewhere)
    place = source(tmp_path / "here", A[:3], A)
    listing = read(place)
    assert found(listing) == A[:3]
    assert listing.rejected == (("tileA/3.png", "no such file"),)


def test_the_working_directory_counts_where_nothing_is_in_the_source_which_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(source(tmp_path / "elsewhere", A, []))
    listing = read(source(tmp_path / "here", [], A))
    assert found(listing) == A
    assert (
        f"the images are those below the working directory, {tmp_path}/elsewhere: the source has none" in listing.notes
    )
