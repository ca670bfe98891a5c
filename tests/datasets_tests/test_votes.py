"""The five classes at their thresholds, and how votes, names and images come together."""

import csv
import math

import numpy as np
import pytest
from datasets_tests import source_examples as examples
from datasets_tests.source_examples import listed_as

from datasets import SourceError
from datasets.sources.votes.rules.rule_set import read_rules

SMOOTH, FEATURES = "Class1.1", "Class1.2"
RULES = {
    "completely round smooth": {SMOOTH: 0.469, "Class7.1": 0.50},
    "in-between smooth": {SMOOTH: 0.469, "Class7.2": 0.50},
    "cigar-shaped smooth": {SMOOTH: 0.469, "Class7.3": 0.50},
    "edge-on": {FEATURES: 0.430, "Class2.1": 0.602},
    "spiral": {FEATURES: 0.430, "Class2.2": 0.715, "Class4.1": 0.619},
}
"""The table of the published rules, in the words of the Galaxy Challenge."""
COLUMNS = [
    f"Class{task}.{answer}" for task, n in enumerate([3, 2, 2, 2, 4, 2, 3, 7, 3, 3, 6], 1) for answer in range(1, n + 1)
]


def challenge(place, *rows):
    """Write the Challenge's table of 37 columns, with an image for each row; columns not given are 0."""
    for number in range(len(rows)):
        examples.write(place / "images" / f"{100_008 + number}.jpg", b"image")
    with (place / "training_solutions_rev1.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["GalaxyID", *COLUMNS], restval=0)
        writer.writeheader()
        writer.writerows({"GalaxyID": 100_008 + number, **row} for number, row in enumerate(rows))
    return place


def classes_of(listing):
    return {item.id.split("/")[-1]: listing.classes[item.label] for item in listing.items}


def test_the_table_has_the_challenges_37_columns():
    assert len(COLUMNS) == 37


@pytest.mark.parametrize("name", RULES)
def test_a_row_at_each_threshold_is_in_and_one_just_below_any_is_out(name, tmp_path):
    rule = RULES[name]
    below = [rule | {column: math.nextafter(threshold, 0)} for column, threshold in rule.items()]
    sure = [RULES[other] for other in RULES]
    listing = listed_as("galaxy-challenge", challenge(tmp_path, rule, *below, *sure))
    found = classes_of(listing)
    assert found["100008.jpg"] == name
    assert not {f"{100_009 + number}.jpg" for number in range(len(below))} & set(found)
    assert listing.left_out == len(below)
    assert listing.rejected == ()


def classified(**votes):
    """Return the class that Zhu's rules give to a galaxy with these votes by their words."""
    zhu = read_rules("zhu")
    return [*zhu.classes, None][
        zhu.classify({word: np.array([votes.get(word, 1.0)]) for word in examples.CHALLENGE})[0]
    ]


def test_the_first_rule_that_is_met_decides():
    assert classified() == "completely round smooth"
    assert classified(completely_round=0, in_between=0, cigar_shaped=0) == "edge-on"


def test_votes_that_are_missing_meet_no_rule():
    assert classified(smooth=np.nan, features=np.nan) is None
    assert classified(smooth=np.nan) == "edge-on"


def test_only_classes_that_occur_are_classes(tmp_path):
    assert listed_as("galaxy-challenge", challenge(tmp_path, RULES["spiral"], RULES["edge-on"])).classes == (
        "edge-on",
        "spiral",
    )


def test_a_galaxy_without_an_image_is_rejected_and_an_image_without_votes_left_out(tmp_path):
    place = challenge(tmp_path, *RULES.values())
    (place / "images" / "100008.jpg").rename(place / "images" / "200000.jpg")
    listing = listed_as("galaxy-challenge", place)
    assert listing.rejected == (("100008", "the source has no image of it"),)
    assert (len(listing.items), listing.left_out) == (4, 1)


def test_two_images_of_one_name_are_not_guessed_between(tmp_path):
    place = challenge(tmp_path, *RULES.values())
    examples.write(place / "more" / "100008.png", b"other")
    listing = listed_as("galaxy-challenge", place)
    assert listing.rejected == (("more/100008.png", "has the same name as images/100008.jpg"),)


@pytest.mark.parametrize("folder", ["Masks", "Thumbnails/a"])
def test_masks_in_a_folder_that_comes_first_are_not_taken_for_images(folder, tmp_path):
    place = challenge(tmp_path, *RULES.values())
    expected = classes_of(listed_as("galaxy-challenge", place))
    for number in range(len(RULES)):
        examples.write(place / folder / f"{100_008 + number}.png", b"mask")
    listing = listed_as("galaxy-challenge", place)
    assert classes_of(listing) == expected
    assert {item.id.partition("/")[0] for item in listing.items} == {"images"}


def test_two_sets_of_the_same_images_are_refused(tmp_path):
    place = challenge(tmp_path, *RULES.values())
    for number in range(len(RULES)):
        examples.write(place / "64" / f"{100_008 + number}.jpg", b"small")
    with pytest.raises(SourceError, match=r"5 of its images .* such as 64/100008.jpg and images/100008.jpg, and tr"):
        listed_as("galaxy-challenge", place)


def test_a_table_whose_votes_are_no_numbers_is_refused(tmp_path):
    place = challenge(tmp_path, RULES["spiral"] | {"Class7.1": "many"})
    with pytest.raises(SourceError, match=r"training_solutions_rev1.csv' cannot be imported: .* found .*'many'"):
        listed_as("galaxy-challenge", place)


def test_ids_of_18_digits_are_not_rounded_and_images_of_a_galaxy_share_its_id(tmp_path):
    place = examples.zoo_2(tmp_path / "source")
    with (place / "gz2_filename_mapping.csv").open("a", newline="") as file:
        csv.writer(file).writerow([587722981736120347, "stripe82", 4000])
    examples.write(place / "images" / "4000.jpg", b"deeper")
    items = {item.id: item for item in listed_as("galaxy-zoo-2", place).items}
    assert items["images/4000.jpg"].object_id == items["images/1.jpg"].object_id == "587722981736120347"
    assert items["images/2.jpg"].object_id == "587722981736120348"


def test_the_mapping_must_be_there(tmp_path):
    place = examples.zoo_2(tmp_path / "source")
    (place / "gz2_filename_mapping.csv").unlink()
    with pytest.raises(SourceError, match="found no table with the column 'asset_id'"):
        listed_as("galaxy-zoo-2", place)


def test_a_stray_file_does_not_hide_the_table_and_a_damaged_table_is_named(tmp_path):
    place = challenge(tmp_path, *RULES.values())
    (place / "a.csv").write_bytes(b"")
    assert len(listed_as("galaxy-challenge", place).items) == 5
    (place / "training_solutions_rev1.csv").unlink()
    with pytest.raises(SourceError, match=r"a\.csv' cannot be imported: expected a table, found an empty file"):
        listed_as("galaxy-challenge", place)
