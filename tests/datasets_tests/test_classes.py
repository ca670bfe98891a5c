from datasets import class_mapping
from datasets.classes import ordered


def test_classes_are_ordered_by_casefold_whatever_the_order_of_the_source():
    names = ["spiral", "edge-on", "In between smooth", "Cigar-shaped smooth", "completely round smooth"]
    expected = ("Cigar-shaped smooth", "completely round smooth", "edge-on", "In between smooth", "spiral")
    assert ordered(names) == ordered(reversed(names)) == expected


def test_names_match_by_letters_and_digits_only():
    ours, theirs = ["Edge-on", "In between smooth"], ["in_between  SMOOTH", "edge on"]
    assert class_mapping(ours, theirs) == [1, 0]


def test_lists_of_other_classes_do_not_match():
    assert class_mapping(["a", "b"], ["a", "c"]) is None
    assert class_mapping(["a", "b"], ["a"]) is None
    assert class_mapping(["a"], ["a", "b"]) is None


def test_names_that_match_each_other_are_only_mapped_onto_the_same_list():
    assert class_mapping(["T-1", "T+1"], ["T-1", "T+1"]) == [0, 1]
    assert class_mapping(["T-1", "T+1"], ["T+1", "T-1"]) is None
    assert class_mapping(["T 1", "b"], ["T-1", "T+1"]) is None
