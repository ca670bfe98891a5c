"""Which table of votes labels the images, by which of its columns, and what is never taken for one."""

import zipfile
from pathlib import Path

import pytest
from datasets_tests import source_examples as examples
from datasets_tests.source_examples import CHALLENGE, COLUMNS, VOTES, listed_as

from datasets import SourceError, Split
from datasets.sources.options import SourceOptions
from datasets.sources.recognition import form
from datasets.sources.source import read_source
from datasets.sources.trees import open_source

CLASSES = ("completely round smooth", "edge-on", "spiral")
KAGGLE = Path("../shared/wild/kaggle_challenge")
DR8 = COLUMNS["Galaxy Zoo DECaLS, DR8"]
BOTH_ARE_TOLD = "say which gives the labels with --table one.csv; or --table two.csv"


def votes_of(name, **changes):
    return [changes.get(word, VOTES[name].get(word, 0)) for word in CHALLENGE]


def table(path, rows, *, key="GalaxyID", columns=CHALLENGE):
    """Write a table of votes: its rows are a galaxy and its class, or its votes."""
    votes = [[galaxy, *(votes_of(row) if isinstance(row, str) else row)] for galaxy, row in rows]
    examples.write_csv(path, [key, *columns.values()], votes)
    return path


def images(place, names, suffix=".jpg"):
    for name in names:
        examples.write(place / f"{name}{suffix}", b"image")


def kaggle(place):
    """Write Kaggle's download, unzipped: six files, of which three have votes that are none."""
    train, test = range(100_000, 100_012), range(200_000, 200_006)
    images(place / "images_training_rev1", train)
    images(place / "images_test_rev1", test)
    means = [[galaxy, CLASSES[1 + galaxy % 2]] for galaxy in test]
    for name, rows in {
        "training_solutions_rev1": [[galaxy, CLASSES[galaxy % 3]] for galaxy in train],
        "all_ones_benchmark": [[galaxy, [1] * 8] for galaxy in test],
        "all_zeros_benchmark": [[galaxy, [0] * 8] for galaxy in test],
        "central_pixel_benchmark": means,
    }.items():
        table(place / f"{name}.csv", rows)
    return place


def zipped_each(place):
    """Zip each of the files and folders by itself, as they are downloaded."""
    for entry in sorted(place.iterdir()):
        if entry.is_dir():
            root = entry.rename(entry.with_suffix(".tmp"))
            entry.mkdir()
            root.rename(entry / entry.name)
            examples.zip_of(entry)
        else:
            with zipfile.ZipFile(entry.with_suffix(".zip"), "w") as archive:
                archive.write(entry, entry.name)
            entry.unlink()
    return place


def renamed(place):
    """Give all files other names, so that only what is in them tells what they are."""
    (place / "images_test_rev1").rename(place / "test")
    (place / "images_training_rev1").rename(place / "images")
    for number, file in enumerate(sorted(place.glob("*.csv"))):
        file.rename(place / f"{'bench'[:number]}{number}.csv")
    return place


def found(listing):
    return {Path(item.id).stem: listing.classes[item.label] for item in listing.items}


@pytest.mark.parametrize(
    "packed",
    [
        lambda place: place,
        zipped_each,
        lambda place: examples.zip_of(zipped_each(place)),
        lambda place: examples.zip_of(place),
        lambda place: place / "training_solutions_rev1.csv",
        renamed,
    ],
    ids=["unzipped", "a zip each", "a zip of zips", "one zip", "the table", "renamed"],
)
def test_the_challenges_labels_are_those_of_the_solutions_alone(packed, tmp_path):
    source = packed(kaggle(tmp_path / "challenge"))
    read = read_source(source, SourceOptions())
    assert read.provenance.format == "galaxy-challenge"
    assert found(read.listing) == {f"{galaxy}": CLASSES[galaxy % 3] for galaxy in range(100_000, 100_012)}
    omitted = {omission.what: omission for omission in read.provenance.omitted}
    assert [omission.count for omission in omitted.values() if omission.count] == [6]
    assert len(omitted) == 1 if source.suffix == ".csv" else {1, 4}
    assert read.listing.rejected == ()


@pytest.mark.parametrize("name", ["all_ones_benchmark", "all_zeros_benchmark", "central_pixel_benchmark"])
def test_a_benchmark_gives_no_labels_whatever_its_name(name, tmp_path):
    place = kaggle(tmp_path)
    (place / f"{name}.csv").rename(place / "labels.csv")
    for file in place.glob("*_*.csv"):
        file.unlink()
    with pytest.raises(SourceError, match=r"found labels.csv: (all its rows are the same|a benchmark or a submission)"):
        read_source(place, SourceOptions())


def test_a_table_of_few_different_votes_is_a_benchmark(tmp_path):
    rows = [[galaxy, CLASSES[galaxy % 2]] for galaxy in range(1000)]
    images(tmp_path, range(4))
    table(tmp_path / "labels.csv", rows)
    with pytest.raises(SourceError, match="its 1,000 rows have but 2 different votes"):
        listed_as("galaxy-challenge", tmp_path)


@pytest.mark.skipif(not KAGGLE.exists(), reason="no ../shared/wild")
def test_kaggles_own_files_are_understood():
    read = read_source(KAGGLE, SourceOptions())
    assert len(read.listing.items) == 15
    assert {item.id.split("/")[0] for item in read.listing.items} == {"images_training_rev1.zip"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([[1, "spiral"], [2, "edge-on"]], [[1, "edge-on"], [2, "spiral"]]),
        ([[1, "spiral"], [2, "edge-on"]], [[3, "edge-on"], [4, "spiral"]]),
    ],
)
def test_two_tables_of_votes_are_asked_about(first, second, tmp_path):
    images(tmp_path / "images", range(1, 5))
    table(tmp_path / "one.csv", first)
    table(tmp_path / "two.csv", second)
    with pytest.raises(SourceError, match=BOTH_ARE_TOLD):
        read_source(tmp_path, SourceOptions())
    chosen = read_source(tmp_path, SourceOptions(table="two.csv")).listing
    assert found(chosen) == {str(galaxy): name for galaxy, name in second}
    with pytest.raises(SourceError, match=r"no table of votes 'no.csv': it has one.csv, two.csv"):
        read_source(tmp_path, SourceOptions(table="no.csv"))


def test_a_table_that_is_there_twice_is_taken_once(tmp_path):
    images(tmp_path / "images", (1, 2))
    for name in ("one.csv", "two.csv"):
        table(tmp_path / name, [[1, "spiral"], [2, "edge-on"]])
    listing = listed_as("galaxy-challenge", tmp_path)
    assert [(omission.what, omission.why) for omission in listing.omitted] == [
        ("two.csv", "the same labels as one.csv")
    ]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            86,
            "from 0 to 1 in the column 'Class1.1', for the rules of zhu, found .* to 86; divide percentages by 100",
        ),
        (-1, "found -1 to 0.9; leave what is not known empty"),
        ("many", "many"),
    ],
)
def test_values_that_are_no_fractions_are_refused(value, message, tmp_path):
    images(tmp_path, (1, 2, 3))
    changed = [votes_of("spiral", smooth=value), votes_of("edge-on"), votes_of("completely round smooth")]
    table(tmp_path / "votes.csv", enumerate(changed, 1))
    with pytest.raises(SourceError, match=message):
        read_source(tmp_path, SourceOptions())


def test_values_that_are_missing_are_counted_and_classes_that_nothing_meets_named(tmp_path):
    images(tmp_path, (1, 2, 3))
    rows = [[1, "spiral"], [2, "edge-on"], [3, votes_of("spiral", spiral="")]]
    table(tmp_path / "votes.csv", rows)
    read = read_source(tmp_path, SourceOptions())
    assert read.provenance.notes == (
        "no row of votes.csv meets the rule of completely round smooth, in-between smooth, cigar-shaped smooth",
        "1 of 3 rows of votes.csv lack a value that the rules use",
    )
    assert [(omission.what, omission.count) for omission in read.provenance.omitted] == [
        ("galaxies without a class", 1)
    ]


def test_one_class_is_refused(tmp_path):
    images(tmp_path, (1, 2))
    table(tmp_path / "votes.csv", [[1, "spiral"], [2, votes_of("spiral", spiral=0.9)]])
    with pytest.raises(SourceError, match="two classes or more, to tell apart, found spiral"):
        read_source(tmp_path, SourceOptions())


def test_a_galaxy_of_two_classes_is_rejected_and_one_that_is_named_twice_taken_once(tmp_path):
    images(tmp_path, (1, 2, 3))
    table(tmp_path / "v.csv", [[1, "spiral"], [2, "edge-on"], [3, "spiral"], [2, "edge-on"], [1, "edge-on"]])
    listing = listed_as("galaxy-challenge", tmp_path)
    assert found(listing) == {"2": "edge-on", "3": "spiral"}
    assert listing.rejected == (("1.jpg", "is in two rows of v.csv, of two classes"),)
    assert listing.omitted == ()


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("key", ["id_str", "file_loc"])
def test_votes_of_each_survey_are_known_and_images_by_the_column_that_names_them(name, key, tmp_path):
    named = {f"J00{number}{letter}-5.2": CLASSES[number] for number in range(3) for letter in "ab"}
    images(tmp_path / "images" / "J00", named, ".png")
    keys = {galaxy: galaxy if key == "id_str" else f"/home/me\\{galaxy}.png" for galaxy in named}
    table(
        tmp_path / "votes.csv",
        [[keys[galaxy], [7, *votes_of(label)]] for galaxy, label in named.items()],
        key=key,
        columns={"": "objid", **COLUMNS[name]},
    )
    read = read_source(tmp_path, SourceOptions())
    assert read.provenance.format == "votes"
    assert f"columns of {name}" in read.provenance.labels_from
    assert found(read.listing) == named


def zoo_1(place):
    """Write a table of Galaxy Zoo 1, whose images are named by ids of 18 digits."""
    ids = [587722981736120347 + number for number in range(4)]
    images(place / "images", ids)
    rows = [[galaxy, "x", vote, 1 - vote] for galaxy, vote in zip(ids, (0.9, 0.1, 0.5, 0.8), strict=True)]
    examples.write_csv(place / "GalaxyZoo1_DR_table2.csv", ["OBJID", "RA", "P_EL", "P_CS"], rows)
    return place


def test_votes_without_known_rules_need_rules(tmp_path):
    place, rules = zoo_1(tmp_path / "zoo"), tmp_path / "rules.toml"
    with pytest.raises(SourceError, match=r"table2.csv with the columns P_EL, P_CS: .* --classes rules.toml, which"):
        read_source(place, SourceOptions())
    rules.write_text("[classes]\nelliptical = 'P_EL >= 0.8'\nspiral = 'P_CS >= 0.8'\n")
    read = read_source(place, SourceOptions(classes=str(rules)))
    assert found(read.listing) == {
        "587722981736120347": "elliptical",
        "587722981736120348": "spiral",
        "587722981736120350": "elliptical",
    }
    rules.write_text("[classes]\nelliptical = 'P_EI >= 0.8'\n")
    with pytest.raises(
        SourceError,
        match=r"expected the column 'P_EI', for the rules of .*, found OBJID, RA, P_EL, P_CS; the nearest is 'P_EL'",
    ):
        read_source(place, SourceOptions(classes=str(rules)))


def test_rules_of_ones_own_go_before_those_that_are_known(tmp_path):
    images(tmp_path, (1, 2))
    table(tmp_path / "votes.csv", [[1, "spiral"], [2, "edge-on"]])
    rules = tmp_path / "rules.toml"
    rules.write_text("[classes]\nthin = 'Class2.1 > 0.5'\nother = 'not Class2.1 > 0.5'\n")
    assert found(read_source(tmp_path, SourceOptions(classes=str(rules))).listing) == {"1": "other", "2": "thin"}


def test_a_column_that_names_no_image_is_named(tmp_path):
    images(tmp_path, ("a", "b"))
    table(tmp_path / "votes.csv", [["a", "spiral"], ["b", "edge-on"]], key="mine")
    with pytest.raises(SourceError, match=r"expected a column that names the images, .* say which with --image-column"):
        listed_as("votes", tmp_path)
    assert found(listed_as("votes", tmp_path, image_column="mine")) == {"a": "spiral", "b": "edge-on"}
    table(tmp_path / "votes.csv", [["x", "spiral"], ["y", "edge-on"]], key="id_str")
    with pytest.raises(SourceError, match=r"names no image here \(a galaxy is 'x', an image 'a.jpg'\)"):
        listed_as("votes", tmp_path)


def test_folders_that_may_be_classes_are_asked_about(tmp_path):
    images(tmp_path / "barred", (1, 2))
    images(tmp_path / "plain", (3, 4))
    table(tmp_path / "votes.csv", [[1, "spiral"], [2, "edge-on"], [3, "edge-on"]])
    with pytest.raises(SourceError, match=r"--format class-folders .*barred, plain.*; or --format galaxy-challenge"):
        read_source(tmp_path, SourceOptions())
    assert read_source(tmp_path, SourceOptions(format="class-folders")).listing.classes == ("barred", "plain")
    assert read_source(tmp_path, SourceOptions(format="galaxy-challenge")).listing.classes == ("edge-on", "spiral")


def test_splits_of_the_images_folders_are_kept(tmp_path):
    images(tmp_path / "train", (1, 2))
    images(tmp_path / "test", (3,))
    table(tmp_path / "votes.csv", [[1, "spiral"], [2, "edge-on"], [3, "edge-on"]])
    listing = listed_as("galaxy-challenge", tmp_path)
    assert {item.id: str(item.split) for item in listing.items} == {
        "train/1.jpg": "train",
        "train/2.jpg": "train",
        "test/3.jpg": "test",
    }


def test_whole_numbers_that_a_program_wrote_with_decimals_name_images(tmp_path):
    images(tmp_path, (1, 2))
    table(tmp_path / "votes.csv", [["1.0", "spiral"], ["2.0", "edge-on"]])
    assert found(listed_as("galaxy-challenge", tmp_path)) == {"1": "spiral", "2": "edge-on"}


def test_a_catalogue_of_which_some_images_are_there_is_no_fault_of_each_of_the_others(tmp_path):
    images(tmp_path, (1, 2))
    table(tmp_path / "votes.csv", [[galaxy, CLASSES[1 + galaxy % 2]] for galaxy in range(1, 7)])
    listing = listed_as("galaxy-challenge", tmp_path)
    assert (found(listing), listing.rejected) == ({"1": "spiral", "2": "edge-on"}, ())
    assert "4 galaxies of votes.csv have a class and no image here" in listing.notes


def test_columns_that_rules_know_and_do_not_use_are_said(tmp_path):
    images(tmp_path, "ab")
    columns = COLUMNS["Galaxy Zoo DECaLS, DR5"] | {f"{word} ": name for word, name in DR8.items()}
    rows = [["a", votes_of("spiral") * 2], ["b", votes_of("edge-on") * 2]]
    table(tmp_path / "votes.csv", rows, key="id_str", columns=columns)
    unused = "votes.csv also has the columns of Galaxy Zoo DECaLS, DR8, which decide nothing"
    assert unused in listed_as("votes", tmp_path).notes


def test_cutouts_in_fits_are_found_by_name_whether_bands_are_files_or_not(tmp_path):
    images(tmp_path / "cutouts", ("J1.5", "J2.5"), ".fits.fz")
    images(tmp_path / "cutouts", [f"J3.5_{band}" for band in "grz"], ".fits")
    rows = [["J1.5", "spiral"], ["J2.5", "edge-on"], ["J3.5", "spiral"]]
    table(tmp_path / "votes.csv", rows, key="iauname", columns=COLUMNS["Galaxy Zoo DECaLS or DESI"])
    listing = listed_as("votes", tmp_path)
    assert {item.id: listing.classes[item.label] for item in listing.items} == {
        "cutouts/J1.5.fits.fz": "spiral",
        "cutouts/J2.5.fits.fz": "edge-on",
        "cutouts/J3.5_*.fits": "spiral",
    }
    assert listing.rejected == ()


def test_images_of_one_galaxy_are_told_by_the_column_of_ids(tmp_path):
    images(tmp_path, "abc")
    columns = {"": "sdss id", **COLUMNS["Galaxy Zoo 2, raw"]}
    rows = [["a", [7, *votes_of("spiral")]], ["b", [7, *votes_of("spiral")]], ["c", ["", *votes_of("edge-on")]]]
    table(tmp_path / "votes.csv", rows, key="filename", columns=columns)
    listing = listed_as("votes", tmp_path, id_column="sdss id")
    assert [item.object_id for item in listing.items] == ["", "7", "7"]


def test_a_column_of_labels_that_is_asked_for_goes_before_votes(tmp_path):
    images(tmp_path, (1, 2))
    table(tmp_path / "votes.csv", [[1, "spiral"], [2, "edge-on"]])
    for name in ("galaxy-challenge", "votes"):
        assert recognises(name, tmp_path)
        assert not recognises(name, tmp_path, label_column="mine")


def recognises(name, place, **options):
    return form(name).recognise(open_source(place), SourceOptions(**options)) is not None


def test_columns_that_name_different_images_are_asked_about(tmp_path):
    images(tmp_path, range(1, 5))
    columns = {"": "id", **COLUMNS["Galaxy Zoo DECaLS, DR5"]}
    rows = [[5 - number, [number, *votes_of(CLASSES[1 + number % 2])]] for number in range(1, 5)]
    table(tmp_path / "votes.csv", rows, key="asset_id", columns=columns)
    with pytest.raises(SourceError, match=r"--image-column asset_id; or --image-column id$"):
        listed_as("votes", tmp_path)
    assert found(listed_as("votes", tmp_path, image_column="id"))["1"] == CLASSES[2]
    assert found(listed_as("votes", tmp_path, image_column="asset_id"))["1"] == CLASSES[1]


@pytest.mark.parametrize(("column", "asked"), [("split", None), ("mine", "mine")])
def test_splits_of_a_column_are_kept(column, asked, tmp_path):
    images(tmp_path, "abc")
    columns = {"": column, **COLUMNS["Galaxy Zoo 2, raw"]}
    rows = [
        ["a", ["TRAIN", *votes_of("spiral")]],
        ["b", ["", *votes_of("spiral")]],
        ["c", ["val", *votes_of("edge-on")]],
    ]
    table(tmp_path / "votes.csv", rows, key="filename", columns=columns)
    listing = listed_as("votes", tmp_path, split_column=asked)
    assert {item.id: item.split and str(item.split) for item in listing.items} == {
        "a.jpg": "train",
        "b.jpg": None,
        "c.jpg": "validation",
    }
    assert listing.splits_from == f"the column '{column}' of votes.csv"


def in_sets(place, *names):
    images(place, "ab")
    rows = [[key, [name, *votes_of(label)]] for key, name, label in zip("ab", names, CLASSES[1:], strict=True)]
    table(place / "votes.csv", rows, key="filename", columns={"": "set", **COLUMNS["Galaxy Zoo 2, raw"]})
    return place


def test_a_column_without_splits_is_passed_over_unless_it_is_asked_for(tmp_path):
    listing = listed_as("votes", in_sets(tmp_path, "original", "extra"))
    assert {item.split for item in listing.items} == {None}
    assert "the column 'set' has no splits, but extra, original" in listing.notes
    with pytest.raises(SourceError, match=r"row 2: expected a split .*, found 'original'; .* or `none`"):
        listed_as("votes", tmp_path, split_column="set")


def test_a_strange_word_among_splits_is_refused_by_its_row(tmp_path):
    with pytest.raises(SourceError, match=r"row 3: expected a split .*, found 'unused'"):
        listed_as("votes", in_sets(tmp_path, "train", "unused"))
    assert len(listed_as("votes", tmp_path, split_column="none").items) == 2


def test_an_image_in_two_splits_stays_in_the_one_that_is_measured_on(tmp_path):
    in_sets(tmp_path, "train", "train")
    with (tmp_path / "votes.csv").open("a") as file:
        lines = (tmp_path / "votes.csv").read_text().splitlines()
        file.write(lines[1].replace("train", "test") + "\n")
    listing = listed_as("votes", tmp_path)
    assert [item.split for item in sorted(listing.items, key=lambda item: item.id)] == [Split.TEST, Split.TRAIN]
    assert ("a.jpg", "listed in test, which keeps it, and in train") in listing.rejected


def in_tiles(place, *there, rows):
    for tile in there:
        images(place / tile, ("1", "2"))
    table(place / "votes.csv", rows, key="path", columns=COLUMNS["Galaxy Zoo 2, raw"])
    return listed_as("votes", place, format="votes")


def test_folders_of_paths_tell_images_of_one_name_apart(tmp_path):
    rows = [["A/1.jpg", "spiral"], ["A/2.jpg", "edge-on"], ["B/1.jpg", "edge-on"], ["B/2", "spiral"]]
    listing = in_tiles(tmp_path, "A", "B", rows=rows)
    labels = {item.id: listing.classes[item.label] for item in listing.items}
    assert labels == {"A/1.jpg": "spiral", "A/2.jpg": "edge-on", "B/1.jpg": "edge-on", "B/2.jpg": "spiral"}
    assert listing.rejected == ()


def test_paths_of_another_folder_do_not_label_the_images_of_this_one(tmp_path):
    rows = [["A/1.jpg", "spiral"], ["A/2.jpg", "edge-on"], ["B/1.jpg", "edge-on"], ["B/2.jpg", "spiral"]]
    listing = in_tiles(tmp_path, "A", rows=rows)
    assert found(listing) == {"1": "spiral", "2": "edge-on"}
    assert [name for name, _ in listing.rejected] == ["B/1.jpg", "B/2.jpg"]


def test_paths_of_folders_of_another_machine_are_found_by_their_ends_which_is_said(tmp_path):
    listing = in_tiles(tmp_path, "A", rows=[["/x/B/1.jpg", "spiral"], ["/x/B/2.jpg", "edge-on"]])
    assert found(listing) == {"1": "spiral", "2": "edge-on"}
    assert any(note.startswith("2 images are found by the ends of their paths") for note in listing.notes)


def test_the_column_of_images_can_be_said_where_the_form_is_not(tmp_path):
    images(tmp_path, "ab")
    table(tmp_path / "votes.csv", [["a", "spiral"], ["b", "edge-on"]], key="mine", columns=DR8)
    read = read_source(tmp_path, SourceOptions(image_column="mine"))
    assert (read.provenance.format, found(read.listing)) == ("votes", {"a": "spiral", "b": "edge-on"})


@pytest.mark.parametrize(("key", "kind"), [("GalaxyID", "the Galaxy Challenge"), ("iauname", "Galaxy Zoo DECaLS, DR5")])
def test_a_column_of_labels_goes_before_votes_and_votes_of_nothing_but_0_and_1_are_no_labels(key, kind, tmp_path):
    images(tmp_path, range(6))
    rows = [[galaxy, [float(vote > 0.5) for vote in votes_of(CLASSES[galaxy % 3])]] for galaxy in range(6)]
    table(tmp_path / "votes.csv", rows, key=key, columns=COLUMNS[kind])
    expected = {str(galaxy): CLASSES[galaxy % 3] for galaxy in range(6)}
    assert found(read_source(tmp_path, SourceOptions()).listing) == expected
    labelled = [[galaxy, ["ab"[galaxy % 2], *votes]] for galaxy, votes in rows]
    table(tmp_path / "votes.csv", labelled, key=key, columns={"": "label", **COLUMNS[kind]})
    read = read_source(tmp_path, SourceOptions())
    assert (read.provenance.format, read.listing.classes) == ("table", ("a", "b"))
    assert read_source(tmp_path, SourceOptions(classes="zhu")).listing.classes == CLASSES


def test_tables_of_one_name_are_told_by_their_folders(tmp_path):
    images(tmp_path / "images", (1, 2))
    table(tmp_path / "old" / "votes.csv", [[1, "spiral"], [2, "edge-on"]])
    table(tmp_path / "new" / "votes.csv", [[1, "edge-on"], [2, "spiral"]])
    with pytest.raises(SourceError, match=r"with --table new/votes.csv; or --table old/votes.csv$"):
        listed_as("galaxy-challenge", tmp_path)
    assert found(listed_as("galaxy-challenge", tmp_path, table="old/votes.csv"))["1"] == "spiral"


def test_many_folders_of_images_without_a_row_are_left_out_in_one_line(tmp_path):
    for part in range(8):
        images(tmp_path / f"J{part}", (f"{part}a", f"{part}b"))
    table(tmp_path / "votes.csv", [["0a", "spiral"], ["1a", "edge-on"]])
    (omission,) = listed_as("galaxy-challenge", tmp_path).omitted
    assert (omission.what, omission.count) == ("images in J0/, J1/, J2/ and 5 more", 14)
