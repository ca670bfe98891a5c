import unicodedata

import pytest

from datasets import class_mapping
from datasets.classes import class_key, joined_spellings, ordered


def test_classes_are_ordered_by_casefold_whatever_the_order_of_the_source():
    names = ["spiral", "edge-on", "In between smooth", "Cigar-shaped smooth", "completely round smooth"]
    expected = ("Cigar-shaped smooth", "completely round smooth", "edge-on", "In between smooth", "spiral")
    assert ordered(names) == ordered(reversed(names)) == expected


@pytest.mark.parametrize(
    "names",
    [
        ("Edge_on", "edge-on", "EDGE ON", "Edge On", " edge__on ", "edge - on", "edge ON"),
        ("spiral", "Spiral", "SPIRAL"),
        ("Type II", "type_ii", "TYPE-II"),
        ("type-2", "Type_2", "TYPE 2"),
        ("barred SB", "Barred_SB", "BARRED-SB"),
        ("Disk, Edge-on", "disk, edge on"),
        ("−1", "-1", "－1", " -1"),
        ("edge\u00a0on", "edge\u2011on", "edge\u2013on", "ｅｄｇｅ　ｏｎ", "\ufeffedge on", "edge on\t"),
        ("elliptique géante", unicodedata.normalize("NFD", "Elliptique_géante")),
        ("é", unicodedata.normalize("NFD", "é")),
    ],
)
def test_spellings_of_one_class_have_one_key(names):
    assert len({class_key(name) for name in names}) == 1


@pytest.mark.parametrize(
    "names",
    [
        ("Sb", "SB", "sb"),
        ("S0-", "S0+", "S0", "S0_-1"),
        ("-1", "1", "+1", "1-", "1 1", "1-1", "11"),
        ("T-1", "T+1", "T 1", "T1"),
        ("type -1", "type_1", "type1", "type--1", "type+1"),
        ("cD", "CD"),
        ("SAB", "Sab", "SAb"),
        ("SB galaxy", "Sb galaxy", "sb galaxy"),
        ("SBbc spiral", "Sbbc spiral"),
        ("dE dwarf", "DE dwarf"),
        ("SB(rs)b", "Sb(rs)b", "SA(rs)b"),
        ("E/S0", "E S0", "ES0"),
        ("edge on", "edgeon"),
        ("spiral", "spiral?", "(spiral)", "spirals"),
        ("disk 1", "disk 2", "disk -1", "disk +1", "disk"),
        ("", "-", "+", "?"),
    ],
)
def test_a_sign_a_digit_or_the_case_of_a_type_tells_classes_apart(names):
    assert len({class_key(name) for name in names}) == len(names)


def test_the_commonest_spelling_is_kept_and_of_equals_the_first():
    names = ["Edge_on", "edge-on", "EDGE ON", "Sb", "SB"]
    once = joined_spellings(names)
    assert once == {**dict.fromkeys(names[:3], "EDGE ON"), "Sb": "Sb", "SB": "SB"}
    assert joined_spellings({"Edge_on": 7, "edge-on": 3, "EDGE ON": 0})["edge-on"] == "Edge_on"
    assert joined_spellings([*names, "edge-on"])["Edge_on"] == "edge-on"
    assert joined_spellings(reversed(names)) == once


def test_each_name_is_found_by_itself_or_by_its_key():
    theirs = ["in_between  SMOOTH", "edge on", "T-1", "T+1", "spiral"]
    assert class_mapping(["Edge-on", "In between smooth", "merger"], theirs) == [1, 0, None]
    assert class_mapping(["T+1", "T-1", "T 1"], theirs) == [3, 2, None]
    assert class_mapping(["spiral", "Spiral"], theirs) == [4, 4]


def test_a_name_that_may_be_either_of_two_is_neither():
    assert class_mapping(["edge_on", "EDGE ON", "edge-on"], ["edge-on", "edge_on"]) == [1, None, 0]
