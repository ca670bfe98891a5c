import pytest
from datasets_tests.source_examples import listed_as

from datasets import SourceError, Split


def fill(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    return folder


def splits_of(source):
    return {item.id: item.split for item in listed_as("class-folders", source).items}


@pytest.mark.parametrize(
    ("train", "validation", "test"),
    [
        ("train", "validation", "test"),
        ("Training", "val", "TESTING"),
        ("TRAIN", "Valid", "test"),
        ("train", "dev", "Test"),
    ],
)
@pytest.mark.parametrize("wrapped", ["", "galaxies/"])
def test_splits_above_the_classes_are_kept_in_any_usual_spelling(tmp_path, train, validation, test, wrapped):
    splits = {train: Split.TRAIN, validation: Split.VALIDATION, test: Split.TEST}
    names = {f"{folder}/{label}/1.jpg": split for folder, split in splits.items() for label in ("a", "b")}
    source = fill(tmp_path, *(wrapped + name for name in names), f"{wrapped}{train}/readme.txt")
    assert splits_of(source) == names
    assert listed_as("class-folders", source).classes == ("a", "b")


def test_a_zip_of_splits_gives_the_same(tmp_path, zipped):
    folder = fill(tmp_path / "source", "train/a/1.jpg", "train/b/1.jpg", "test/a/1.jpg")
    assert splits_of(zipped(folder)) == splits_of(folder)


def test_images_outside_of_classes_are_counted_in_splits_too(tmp_path):
    source = fill(tmp_path, "train/a/1.jpg", "train/b/1.jpg", "test/a/1.jpg", "train/loose.jpg", "loose.jpg")
    listing = listed_as("class-folders", source)
    assert (len(listing.items), listing.left_out) == (3, 2)


def test_splits_without_class_folders_are_never_classes(tmp_path):
    with pytest.raises(SourceError, match=r"test/, train/ hold images without class folders; .*--format table"):
        listed_as("class-folders", fill(tmp_path, "train/1.jpg", "test/1.jpg"))


SPLITS = ("train/a/1.jpg", "train/b/2.jpg", "test/a/3.jpg", "test/b/4.jpg")


@pytest.mark.parametrize(
    ("beside", "what", "count"),
    [
        (["sample_images/9.jpg"], "sample_images/", 1),
        (["models/best.h5", "notes/a.txt"], "models/", 0),
        (["all/train/a/1.jpg", "all/test/b/4.jpg"], "all/", 2),
        (["a/1.jpg", "a/3.jpg", "b/2.jpg"], "a/", 2),
        (["val/9.jpg"], "val/", 1),
    ],
)
def test_folders_beside_splits_are_left_out_and_named(tmp_path, beside, what, count):
    listing = listed_as("class-folders", fill(tmp_path, *SPLITS, *beside))
    assert (listing.classes, len(listing.items)) == (("a", "b"), 4)
    assert (what, count) in [(omission.what, omission.count) for omission in listing.omitted]


@pytest.mark.parametrize("names", [["a/9.jpg"], ["more/a/8.jpg", "more/b/9.jpg"]])
def test_other_class_folders_beside_splits_are_asked_about(tmp_path, names):
    source = fill(tmp_path, *SPLITS, *names)
    with pytest.raises(SourceError, match=r"beside its splits: .*--split-folders test=test,train=train"):
        listed_as("class-folders", source)
    listing = listed_as("class-folders", source, split_folders="test=test,train=train")
    assert len(listing.items) == 4


@pytest.mark.parametrize(
    "folder",
    ["01_train", "training_set", "Train_images", "seg_train/seg_train", "trainSet", "images_training_rev1", "TRAIN"],
)
def test_names_of_splits_have_words_beside(tmp_path, folder):
    source = fill(tmp_path, f"{folder}/a/1.jpg", f"{folder}/b/2.jpg", "eval/a/3.jpg")
    listing = listed_as("class-folders", source)
    assert listing.classes == ("a", "b")
    assert sorted(item.split for item in listing.items) == [Split.TRAIN, Split.TRAIN, Split.VALIDATION]


def test_folders_in_another_language_are_asked_about_and_taken(tmp_path):
    source = fill(tmp_path, *(f"{top}/{name}/{top}.jpg" for top in ("entrenamiento", "prueba") for name in "ab"))
    with pytest.raises(SourceError, match=r"2 ways.*--split-folders train=entrenamiento,test=prueba"):
        listed_as("class-folders", source)
    listing = listed_as("class-folders", source, split_folders="train=entrenamiento,test=prueba")
    assert {item.id.split("/")[0]: item.split for item in listing.items} == {
        "entrenamiento": Split.TRAIN,
        "prueba": Split.TEST,
    }
    as_classes = listed_as("class-folders", source, split_folders="none", class_level=1)
    assert as_classes.classes == ("entrenamiento", "prueba")


@pytest.mark.parametrize("names", [("fold1", "fold2", "fold3"), ("train", "holdout")])
def test_folds_and_holdouts_are_asked_about(tmp_path, names):
    source = fill(tmp_path, *(f"{top}/{name}/1.jpg" for top in names for name in "ab"))
    with pytest.raises(SourceError, match="--split-folders test="):
        listed_as("class-folders", source)


def test_splits_may_lie_below_the_classes(tmp_path):
    source = fill(tmp_path, "a/train/1.jpg", "a/test/2.jpg", "b/train/3.jpg", "b/test/4.jpg")
    listing = listed_as("class-folders", source)
    assert listing.classes == ("a", "b")
    assert [item.split for item in listing.items] == [Split.TEST, Split.TRAIN] * 2


INSIDE = [f"{name}/{split}/{number}.jpg" for name in "ab" for split in ("train", "test") for number in range(2)]


@pytest.mark.parametrize("options", [{}, {"class_level": 1}])
def test_a_stray_image_beside_splits_below_the_classes_is_left_out_and_the_splits_stay(tmp_path, options):
    listing = listed_as("class-folders", fill(tmp_path, *INSIDE, "a/stray.jpg"), **options)
    splits = {item.id: item.split for item in listing.items}
    assert splits == {name: Split.TRAIN if "train" in name else Split.TEST for name in INSIDE}
    assert [(each.what, each.count) for each in listing.omitted] == [("images in a/ itself", 1)]


@pytest.mark.parametrize(
    "others", [["c/1.jpg", "c/2.jpg"], ["a/extra/9.jpg"], ["a/1.jpg", "a/2.jpg", "a/3.jpg", "a/4.jpg"]]
)
def test_splits_that_only_some_class_folders_have_are_drawn_anew_which_is_said(tmp_path, others):
    source = fill(tmp_path, *INSIDE, *others)
    said = "are no splits, as not every class folder has such alone: splits are drawn"
    with pytest.raises(SourceError, match=rf"--class-level 1 \(.*{said}\), or "):
        listed_as("class-folders", source)
    listing = listed_as("class-folders", source, class_level=1)
    assert {item.split for item in listing.items} == {None}
    assert any(note.endswith(said) for note in listing.notes)


def test_folders_in_class_folders_are_asked_about(tmp_path):
    source = fill(tmp_path, "smooth/round/1.jpg", "smooth/cigar/2.jpg", "edge-on/3.jpg")
    with pytest.raises(SourceError, match=r"2 ways.*--class-level 1.*--class-level 2"):
        listed_as("class-folders", source)
    assert listed_as("class-folders", source, class_level=1).classes == ("edge-on", "smooth")
    assert listed_as("class-folders", source, class_level=2).classes == ("edge-on", "smooth/cigar", "smooth/round")


@pytest.mark.parametrize("name", ["sample_images", "test", "masks"])
def test_a_folder_that_is_hardly_a_class_is_asked_about(tmp_path, name):
    source = fill(tmp_path, "a/1.jpg", "b/2.jpg", f"{name}/3.jpg")
    with pytest.raises(SourceError, match=f"--drop-class {name}, or .*--format class-folders"):
        listed_as("class-folders", source)
    assert listed_as("class-folders", source, format="class-folders").classes == ("a", "b", name)
    assert len(listed_as("class-folders", source, drop_class=(name,)).items) == 3
