"""The same galaxy twice: never in two splits, never in two classes."""

import csv
from collections import Counter
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest

from datasets import Dataset, ImportOptions, SourceError, Split, import_dataset, plan_import
from datasets.importing.assignment import assign_splits
from datasets.importing.duplicates import Row

SMALL = ImportOptions(image_size=8, validation=0.25, test=0.25)


def quarantine(folder):
    with (folder / "quarantine.csv").open(newline="") as file:
        return dict(list(csv.reader(file))[1:])


def splits(folder):
    dataset = Dataset.open(folder)
    return {dataset.ids[row]: split for split in Split for row in dataset.rows(split)}


def copy(source, old, new):
    (source / new).parent.mkdir(parents=True, exist_ok=True)
    (source / new).write_bytes((source / old).read_bytes())


def test_copies_of_a_class_stay_and_share_a_split(make_source, tmp_path):
    source = make_source(a=12, b=12)
    for number in range(12):
        copy(source, f"a/{number}.png", f"a/copy-{number}.png")
    info = import_dataset(source, tmp_path / "out", SMALL)
    found = splits(tmp_path / "out")
    assert (info.total, info.quarantined) == (36, 0)
    assert all(found[f"a/{number}.png"] == found[f"a/copy-{number}.png"] for number in range(12))
    assert [info.counts[split]["a"] for split in Split] == [12, 6, 6]


def test_the_same_pixels_in_two_classes_go_to_quarantine_with_both_names(make_source, tmp_path):
    source = make_source(a=5, b=5)
    copy(source, "a/0.png", "b/twin.png")
    info = import_dataset(source, tmp_path / "out", SMALL)
    assert (info.total, info.quarantined) == (9, 2)
    assert quarantine(tmp_path / "out") == {
        "a/0.png": "same pixels as b/twin.png, which is of class 'b'",
        "b/twin.png": "same pixels as a/0.png, which is of class 'a'",
    }
    assert not {"a/0.png", "b/twin.png"} & set(Dataset.open(tmp_path / "out").ids)


def test_a_galaxy_of_several_images_comes_into_one_split(make_source, tmp_path):
    source = make_source(a=30, b=30)
    rows = [f"{label}/{number}.png,{label},galaxy {label}{number // 3}" for label in "ab" for number in range(30)]
    (source / "labels.csv").write_text("\n".join(["path,label,id", *rows]))
    import_dataset(source, tmp_path / "out", SMALL)
    found = splits(tmp_path / "out")
    assert set(found.values()) == set(Split)
    for label in "ab":
        for galaxy in range(10):
            assert len({found[f"{label}/{3 * galaxy + number}.png"] for number in range(3)}) == 1


def test_chains_of_copies_and_objects_stay_together(make_source, tmp_path):
    source = make_source(a=9, b=9)
    copy(source, "a/0.png", "a/1.png")
    rows = [f"{label}/{number}.png,{label}," for label in "ab" for number in range(9)]
    rows[1], rows[2] = "a/1.png,a,x", "a/2.png,a,x"
    (source / "labels.csv").write_text("\n".join(["path,label,id", *rows]))
    import_dataset(source, tmp_path / "out", SMALL)
    found = splits(tmp_path / "out")
    assert found["a/0.png"] == found["a/1.png"] == found["a/2.png"]


@pytest.fixture
def own_splits(make_source, tmp_path):
    """Folders for training, validation and test, each with classes a and b of six images."""
    source = make_source("all", a=18, b=18)
    target = tmp_path / "source"
    for label in "ab":
        for number in range(18):
            place = target / ("train", "val", "test")[number % 3] / label
            place.mkdir(parents=True, exist_ok=True)
            (source / label / f"{number}.png").rename(place / f"{number}.png")
    return target


def test_of_copies_across_the_sources_own_splits_the_measured_one_stays(own_splits, tmp_path):
    copy(own_splits, "test/a/2.png", "train/a/leak.png")
    copy(own_splits, "val/b/1.png", "train/b/leak.png")
    info = import_dataset(own_splits, tmp_path / "out", SMALL)
    assert quarantine(tmp_path / "out") == {
        "train/a/leak.png": "same pixels as test/a/2.png, which the source puts into test",
        "train/b/leak.png": "same pixels as val/b/1.png, which the source puts into validation",
    }
    assert {split: sum(n.values()) for split, n in info.counts.items()} == {"train": 12, "validation": 12, "test": 12}


def test_all_of_a_sources_own_splits_are_kept_whatever_the_shares(own_splits, tmp_path):
    import_dataset(own_splits, tmp_path / "out", ImportOptions(image_size=8, validation=0.5, test=0))
    names = {"train": Split.TRAIN, "val": Split.VALIDATION, "test": Split.TEST}
    assert all(split == names[name.split("/")[0]] for name, split in splits(tmp_path / "out").items())


def test_a_split_that_the_source_lacks_is_drawn_out_of_its_training_rows(own_splits, tmp_path):
    for path in sorted((own_splits / "val").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (own_splits / "val").rmdir()
    import_dataset(own_splits, tmp_path / "out", ImportOptions(image_size=8, validation=1 / 3, test=0.2))
    found = splits(tmp_path / "out")
    assert {name for name, split in found.items() if split is Split.TEST} == {
        name for name in found if name.startswith("test/")
    }
    assert sum(split is Split.VALIDATION for split in found.values()) == 4


def test_a_class_without_any_image_is_named_although_no_split_is_drawn(own_splits, tmp_path):
    (own_splits / "test" / "c").mkdir()
    with pytest.raises(SourceError, match=r"^class 'c' has 0 images: add images of it"):
        import_dataset(own_splits, tmp_path / "out", SMALL)


def test_too_few_distinct_images_are_refused(make_source, tmp_path):
    source = make_source(a=5, b=2)
    for number in range(5):
        copy(source, "b/0.png", f"b/copy-{number}.png")
    with pytest.raises(SourceError, match=r"^class 'b' has 2 distinct images: at least 3 are needed"):
        import_dataset(source, tmp_path / "out", SMALL)
    assert not (tmp_path / "out").exists()


def test_a_way_out_of_too_few_distinct_images_counts_as_the_option_does(make_source, tmp_path):
    source = make_source(a=7, b=2, c=1)
    for number in range(4):
        copy(source, "b/0.png", f"b/copy-{number}.png")
        copy(source, "c/0.png", f"c/copy-{number}.png")
    with pytest.raises(SourceError, match=r"as for 'c' \(1\); or all with `--min-images 7`$"):
        import_dataset(source, tmp_path / "out", SMALL)
    with pytest.raises(SourceError, match=r"cannot be imported: expected images of two classes"):
        import_dataset(source, tmp_path / "out", replace(SMALL, min_images=7))


def test_a_class_that_goes_to_quarantine_whole_is_named(make_source, tmp_path):
    source = make_source(a=5, b=3, c=5)
    for number in range(3):
        copy(source, f"b/{number}.png", f"a/twin-{number}.png")
    with pytest.raises(SourceError, match=r"^class 'b' has 0 distinct images"):
        import_dataset(source, tmp_path / "out", SMALL)


class TestStrict:
    """The first file that cannot be used stops the import; the list of it is all that is left."""

    STRICT = ImportOptions(image_size=8, strict=True)

    def test_a_clean_source_is_imported(self, make_source, tmp_path):
        assert import_dataset(make_source(a=5, b=5), tmp_path / "out", self.STRICT).quarantined == 0

    def test_an_unreadable_file(self, make_source, tmp_path):
        source = make_source(a=5, b=5)
        (source / "a" / "broken.png").write_bytes(b"")
        self.refused(source, tmp_path, r"^'a/broken.png' cannot be used: empty file; without --strict it is left out")

    def test_a_harmful_member(self, make_source, zipped, tmp_path):
        source = zipped(make_source(a=5, b=5), extra={"../evil.png": b"x"})
        self.refused(source, tmp_path, r"^'../evil.png' cannot be used: path leaves the archive")

    def test_a_contradiction(self, make_source, tmp_path):
        source = make_source(a=5, b=5)
        copy(source, "a/0.png", "b/twin.png")
        self.refused(source, tmp_path, r"^'a/0.png' cannot be used: same pixels as b/twin.png")

    def refused(self, source, tmp_path, match):
        (tmp_path / "place").mkdir()
        with pytest.raises(SourceError, match=match):
            import_dataset(source, tmp_path / "place" / "out", self.STRICT)
        assert [path.name for path in (tmp_path / "place").iterdir()] == ["out-quarantine.csv"]


def test_bombs_are_quarantined_by_their_headers(make_source, zipped, tmp_path, huge_png, monkeypatch):
    monkeypatch.setattr("datasets.images.reading.MAX_BYTES", 10_000)
    extra = {"a/huge.png": huge_png(60_000, 60_000), "a/bomb.png": bytes(10_001), "../evil.png": b""}
    info = import_dataset(zipped(make_source(a=5, b=5), extra=extra), tmp_path / "out", SMALL)
    assert info.total == 10
    reasons = quarantine(tmp_path / "out")
    assert reasons["a/huge.png"].startswith("too large")
    assert reasons["a/bomb.png"].startswith("too large")
    assert reasons["../evil.png"] == "path leaves the archive"


def test_the_assignment_is_the_same_in_any_order_of_rows():
    rows = [Row(f"{n}", n % 2, f"pixels {n // 4}-{n % 2}", f"object {n // 3}" if n > 40 else "") for n in range(60)]
    order = np.random.default_rng(2).permutation(60)
    shares = {Split.TRAIN: 0.6, Split.VALIDATION: 0.2, Split.TEST: 0.2}
    first = assign_splits(rows, ("a", "b"), shares, seed=4).splits
    other = assign_splits([rows[number] for number in order], ("a", "b"), shares, seed=4).splits
    assert np.array_equal(first[order], other)


class TestWithoutTrainingImages:
    """A class, or all, that the source's own splits leave no image to train on: refused, in any form of source."""

    SPLITS = (Split.TRAIN, Split.TRAIN, Split.TEST)
    SHARES: ClassVar = {Split.TRAIN: 0.6, Split.VALIDATION: 0.2, Split.TEST: 0.2}

    def rows(self, *, object_of=lambda _: "", split_of=lambda n: TestWithoutTrainingImages.SPLITS[n % 3]):
        return [Row(f"{n}", n % 2, f"pixels {n}", object_of(n), split_of(n)) for n in range(60)]

    @pytest.mark.parametrize("validated", [0.2, 0.0])
    def test_a_class_that_is_tested_on_alone(self, validated):
        rows = [*self.rows(), *(Row(f"t{n}", 2, f"other {n}", "", Split.TEST) for n in range(5))]
        shares = self.SHARES | {Split.VALIDATION: validated, Split.TRAIN: 0.8 - validated}
        refusal = r"^class 'mergers' has no distinct image to train on.* trained are a, b: .*`--drop-class mergers`"
        with pytest.raises(SourceError, match=refusal):
            assign_splits(rows, ("a", "b", "mergers"), shares, seed=1)

    def test_a_class_whose_images_to_train_on_are_all_tested_on_too(self):
        rows = self.rows(object_of=lambda n: f"galaxy {n // 6}" if n % 2 else "")
        with pytest.raises(SourceError, match=r"^class 'b' has no distinct image to train on"):
            assign_splits(rows, ("a", "b"), self.SHARES, seed=1)

    def test_all_images_of_training_are_tested_on_too(self):
        with pytest.raises(SourceError, match=r"^all 40 images to train on show .*`--id-column none`"):
            assign_splits(self.rows(object_of=lambda n: f"survey {n % 2}"), ("a", "b"), self.SHARES, seed=1)

    def test_a_few_galaxies_of_many_images_each(self):
        rows = self.rows(object_of=lambda n: f"survey {n % 4}", split_of=lambda _: None)
        with pytest.raises(SourceError, match=r"^class 'a' has 2 distinct images: .*`--id-column none` parts them$"):
            assign_splits(rows, ("a", "b"), self.SHARES, seed=1)

    def test_where_nothing_is_trained_on_there_is_no_such_class(self):
        rows = self.rows(split_of=lambda _: Split.TEST)
        assert set(assign_splits(rows, ("a", "b"), self.SHARES, seed=1).splits.tolist()) == {Split.TEST.code}


class TestWithoutASplit:
    """A few rows that the source gives no split, unlike the others of their class: no class is short of images then."""

    SHARES: ClassVar = {Split.TRAIN: 0.8, Split.VALIDATION: 0.1, Split.TEST: 0.1}
    ALL = (*[Split.TRAIN] * 8, Split.VALIDATION, Split.TEST)

    def rows(self, label, count=40, *, splits=ALL, name=""):
        return [
            Row(f"{name}{label}/{n}", label, f"{name}{label} {n}", "", splits and splits[n % len(splits)])
            for n in range(count)
        ]

    def assigned(self, *parts, classes=("a", "b", "c")):
        rows = [row for part in parts for row in part]
        placed = assign_splits(rows, classes, self.SHARES, seed=1)
        return {row.id: list(Split)[code] for row, code in zip(rows, placed.splits.tolist(), strict=True)}

    def test_it_is_trained_on(self):
        given = [*self.rows(0), *self.rows(1)]
        found = self.assigned(given, self.rows(1, 1, splits=None, name="open "), classes=("a", "b"))
        assert found == {row.id: row.split for row in given} | {"open 1/0": Split.TRAIN}

    def test_it_is_where_its_galaxy_is(self):
        given = [replace(row, object_id=row.id) for row in [*self.rows(0), *self.rows(1)]]
        tested = next(row for row in given if row.split is Split.TEST)
        found = self.assigned(given, [Row("open", 0, "open", tested.object_id)], classes=("a", "b"))
        assert found["open"] is Split.TEST

    def test_a_split_that_the_source_lacks_is_drawn_for_all_the_same(self):
        two = (*[Split.TRAIN] * 9, Split.TEST)
        given = [*self.rows(0, splits=two), *self.rows(1, splits=two)]
        found = self.assigned(given, self.rows(1, 2, splits=None, name="open "), classes=("a", "b"))
        validated = [name for name, split in found.items() if split is Split.VALIDATION]
        assert Counter(name.split("/")[0] for name in validated if "open" not in name) == {"0": 4, "1": 4}
        assert all(found[row.id] is Split.TEST for row in given if row.split is Split.TEST)

    def test_a_class_of_such_alone_is_in_all_splits_and_a_galaxy_of_two_classes_in_one(self):
        given = [*self.rows(0, splits=(Split.TRAIN,)), *self.rows(1, splits=(Split.TRAIN,))]
        third = self.rows(2, 20, splits=None)
        third[0] = replace(third[0], object_id="both")
        mixed = Row("mixed", 0, "mixed", "both")
        found = self.assigned(given, third, [mixed])
        for label in "012":
            assert {found[name] for name in found if name.startswith(f"{label}/")} == set(Split)
        assert found["mixed"] is found["2/0"]

    def test_a_class_that_has_too_few_to_train_on_is_said_to_have_these(self):
        two = (*[Split.TRAIN] * 9, Split.TEST)
        rare = [Row("r", 1, "r", "", Split.TRAIN), *self.rows(1, 30, splits=(Split.TEST,))]
        refusal = r"^class 'b' has 1 distinct image to train on: at least 2 are needed, one each for train, validation"
        with pytest.raises(SourceError, match=refusal):
            self.assigned(self.rows(0, splits=two), rare, classes=("a", "b"))


def test_a_table_with_an_empty_cell_for_a_split_is_imported_and_the_cell_told(make_source, tmp_path):
    source = make_source(a=10, b=10)
    lines = [
        f"{label}/{n}.png,{label},{['train', 'train', 'val', 'test', 'train'][n % 5]}"
        for label in "ab"
        for n in range(10)
    ]
    lines[0] = "a/0.png,a,"
    (source / "labels.csv").write_text("\n".join(["path,label,split", *lines]))
    plan = plan_import(source, SMALL)
    assert plan.counts["train"] == {"a": 6, "b": 6}
    assert "drawn" not in plan.counts
    said = "1 image has no split by the column 'split' of labels.csv: trained on, unless"
    info = import_dataset(source, tmp_path / "out", SMALL)
    assert info.counts["train"] == {"a": 6, "b": 6}
    for each in (plan, info):
        assert any(note.startswith(said) for note in each.provenance.notes)
