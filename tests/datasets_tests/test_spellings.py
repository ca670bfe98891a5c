"""Whatever the form of a source, spellings of one class become one, and what is near is said to be two."""

import pytest
from datasets_tests.source_examples import write, write_csv

from datasets import SourceError
from datasets.sources.listing import Item, Listing
from datasets.sources.options import SourceOptions
from datasets.sources.source import read_source
from datasets.sources.spellings import apart, joined


def listed(**counts):
    """List images of classes by their counts; ``_`` stands for a space."""
    names = [name.replace("_", " ") for name in counts]
    labels = [label for label, count in enumerate(counts.values()) for _ in range(count)]
    return Listing(tuple(names), tuple(Item(str(n), label, bytes) for n, label in enumerate(labels)), notes=("one",))


def test_the_spelling_of_most_images_is_kept_and_images_follow_it():
    listing = joined(listed(EDGE_ON=1, Edge_on=3, edge_on=2, spiral=2, Spiral=2, merger=1))
    assert listing.classes == ("Edge on", "Spiral", "merger")
    assert [item.label for item in listing.items] == [0] * 6 + [1] * 4 + [2]
    assert [item.id for item in listing.items] == [str(number) for number in range(11)]
    assert listing.notes == (
        "one",
        "'EDGE ON', 'Edge on', 'edge on' are one class, 'Edge on'",
        "'Spiral' and 'spiral' are one class, 'Spiral'",
    )
    plain = listed(spiral=1, merger=1)
    assert joined(plain) is plain


def test_names_that_are_near_are_said_to_be_two_classes():
    types = apart(joined(Listing(("Bar", "bar", "S0", "S0-", "S0+", "Sb", "SB", "edge-on", "spiral"), ())))
    assert types.classes == ("Bar", "bar", "S0", "S0-", "S0+", "Sb", "SB", "edge-on", "spiral")
    assert types.notes == tuple(
        f"{names} are different classes: give them one name if they are not"
        for names in ("'Bar' and 'bar'", "'S0' and 'S0-'", "'Sb' and 'SB'")
    )


def test_many_notes_end_after_a_few():
    names = [f"{spelled} {number}" for number in range(40) for spelled in ("kind", "Kind", "\nkind")]
    notes = joined(Listing(tuple(names), ())).notes
    assert (len(notes), notes[-1]) == (6, "35 more classes like these")
    assert all("\n" not in note and len(note) < 100 for note in notes)


def folders(path):
    for split, names in (("train", ("Edge_on", "spiral")), ("test", ("edge-on", "Spiral"))):
        for name in names:
            write(path / split / name / "1.png", b"")
    return path


def table(path):
    rows = [["1.png", "Edge_on"], ["2.png", "edge-on"], ["3.png", "spiral"], ["4.png", "Spiral"]]
    for name, _ in rows:
        write(path / name, b"")
    write_csv(path / "labels.csv", ["path", "label"], rows)
    return path


@pytest.mark.parametrize("make", [folders, table])
def test_a_source_of_any_form_has_one_class_of_each_spelling(make, tmp_path):
    source = make(tmp_path / "source")
    one, two = (read_source(source, SourceOptions(keep_spellings=kept)) for kept in (False, True))
    assert one.listing.classes == ("edge-on", "Spiral")
    assert sorted(item.label for item in one.listing.items) == [0, 0, 1, 1]
    assert "'edge-on' and 'Edge_on' are one class, 'edge-on'" in one.provenance.notes
    assert set(two.listing.classes) == {"Edge_on", "edge-on", "spiral", "Spiral"}
    assert sum("different classes" in note for note in two.provenance.notes) == 2


def test_a_class_to_drop_is_found_however_it_is_spelled(tmp_path):
    source = folders(tmp_path / "source")
    write(source / "train" / "merger" / "1.png", b"")
    assert read_source(source, SourceOptions(drop_class=("EDGE ON",))).listing.classes == ("merger", "Spiral")
    with pytest.raises(
        SourceError, match=r"--drop-class 'merging' is no class of the source: it has edge-on, merger, S"
    ):
        read_source(source, SourceOptions(drop_class=("merging",)))


@pytest.mark.parametrize("name", ["none of these", "None-of_These"])
def test_no_class_is_called_as_galaxies_of_none_are(tmp_path, name):
    for folder in (name, "merger", "spiral"):
        write(tmp_path / folder / "1.jpg", b"image")
    with pytest.raises(
        SourceError, match=rf"found '{name}': rename it, or leave it out with --drop-class '{name}'; --un"
    ):
        read_source(tmp_path, SourceOptions())
    assert read_source(tmp_path, SourceOptions(drop_class=(name,))).listing.classes == ("merger", "spiral")
