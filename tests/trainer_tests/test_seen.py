import io
from dataclasses import replace

import keras
import numpy as np
import pytest
from PIL import Image
from trainer_tests.examples import made_manifest

from datasets import Dataset, Folder, ImageFile, Split, row_hashes
from trainer import (
    Bundle,
    BundleError,
    Classifier,
    OptionsError,
    SeenError,
    SplitError,
    answers_on,
    evaluate,
    load_bundle,
    model_card,
    write_bundle,
)
from trainer.bundles.hashes import hashes_of_seen, known_among


@pytest.fixture(scope="module")
def bundle(tiny_dataset: Dataset) -> Bundle:
    """A network as if it were trained on the tiny dataset: 60 training, 20 validation and 20 test images."""
    network = keras.Sequential([keras.Input((32, 32, 3)), keras.layers.Flatten(), keras.layers.Dense(5, "softmax")])
    manifest = made_manifest(tiny_dataset)
    return Bundle("/models/m", manifest, (network,), seen=hashes_of_seen(tiny_dataset))


@pytest.fixture(scope="module")
def classifier(bundle: Bundle) -> Classifier:
    return Classifier(bundle)


def test_its_test_images_are_unseen(classifier: Classifier, tiny_dataset: Dataset) -> None:
    found = answers_on(classifier, tiny_dataset, Split.TEST)
    assert (found.matching()["seen"], found.matching()["seen_left_out"]) == (0, 0)
    assert found.notes() == []


@pytest.mark.parametrize(
    ("split", "seen", "advice"),
    [
        (None, "80 of 100 in the dataset", "`--split test` has 20 others; `--unseen-only` leaves those out; `--seen`"),
        (Split.TRAIN, "60 of 60 in the split train", "`--split test` has 20 others; `--seen` scores it all the same"),
        (Split.VALIDATION, "20 of 20 in the split validation", "`--split test` has 20 others; `--seen`"),
    ],
)
def test_what_it_has_seen_is_refused_unless_asked_for(
    classifier: Classifier, tiny_dataset: Dataset, split: Split | None, seen: str, advice: str
) -> None:
    with pytest.raises(SeenError, match=f"that it was not trained or chosen on, found {seen} that it was; {advice}"):
        evaluate(classifier, tiny_dataset, split)
    found = answers_on(classifier, tiny_dataset, split, seen=True)
    assert found.overlap.seen == int(seen.split()[0])
    (note,) = found.notes()
    assert note.endswith("scores say nothing of new ones")


def test_a_dataset_that_overlaps_partly_is_scored_without_what_was_seen(bundle: Bundle, tiny_dataset: Dataset) -> None:
    overlapping = Classifier(replace(bundle, manifest=replace(bundle.manifest, dataset_fingerprint="0" * 64)))
    with pytest.raises(
        SeenError, match=r"80 of 100 in the dataset that it was; `--unseen-only` leaves those out; `--s"
    ):
        evaluate(overlapping, tiny_dataset)
    found = answers_on(overlapping, tiny_dataset, unseen_only=True)
    assert found.rows.tolist() == tiny_dataset.rows(Split.TEST).tolist()
    assert found.true.tolist() == tiny_dataset.labels[found.rows].tolist()
    assert found.notes() == ["Left out, as the model was trained or chosen on them: 80 images"]
    with pytest.raises(SplitError, match="has no image in the split train that '/models/m' has not seen"):
        evaluate(overlapping, tiny_dataset, Split.TRAIN, unseen_only=True)
    with pytest.raises(OptionsError, match="expected one of --seen and --unseen-only, found both"):
        evaluate(overlapping, tiny_dataset, seen=True, unseen_only=True)


def test_a_few_duplicates_are_said_and_it_goes_on(bundle: Bundle, tiny_dataset: Dataset) -> None:
    hashes = row_hashes(tiny_dataset, tiny_dataset.rows(Split.TEST))
    one, two = (Classifier(replace(bundle, seen=np.sort(hashes[:count]))) for count in (1, 2))
    found = answers_on(one, tiny_dataset, Split.TEST)
    assert found.matching()["seen"] == 1
    (note,) = found.notes()
    assert (
        note
        == "The model was trained or chosen on 1 of these 20 images (5.0%): scores are too good by no more than that"
    )
    with pytest.raises(SeenError, match="2 of 20 in the split test that it was; `--unseen-only`"):
        evaluate(two, tiny_dataset, Split.TEST)


@pytest.mark.parametrize("known", [[], [5], [1, 5, 9], [9]])
def test_finds_what_is_known(known: list[int]) -> None:
    asked = [0, 1, 4, 5, 9, 10]
    found = known_among(np.array(asked, np.uint64), np.array(known, np.uint64))
    assert found.tolist() == [one in known for one in asked]


def test_an_older_bundle_says_nothing(bundle: Bundle, tiny_dataset: Dataset) -> None:
    older = Classifier(replace(bundle, seen=None))
    found = answers_on(older, tiny_dataset, Split.TRAIN)
    assert found.matching()["seen"] is None
    assert found.notes() == []
    with pytest.raises(OptionsError, match="'/models/m' does not say which images it was trained and chosen on"):
        answers_on(older, tiny_dataset, unseen_only=True)


def test_a_bundle_keeps_what_it_has_seen(bundle: Bundle, folder: Folder) -> None:
    written = write_bundle(folder, bundle.models, bundle.manifest, seen=bundle.seen)
    assert written.seen is not None
    assert written.seen.images == 80
    loaded = load_bundle(folder)
    assert loaded.manifest == written
    assert np.array_equal(loaded.seen, bundle.seen)
    assert "Trained or chosen on: 80 different images" in model_card(written)
    folder.write_whole(written.seen.file, b"other")
    with pytest.raises(BundleError, match=r"seen-.*\.npy' has changed since it was written"):
        load_bundle(folder)


def test_an_image_that_was_seen_is_known_again(classifier: Classifier, tiny_dataset: Dataset) -> None:
    def file(row: int) -> ImageFile:
        stream = io.BytesIO()
        Image.fromarray(tiny_dataset.take([row])[0]).save(stream, "PNG")
        return ImageFile(f"{row}.png", stream.getvalue)

    rows = [int(tiny_dataset.rows(split)[0]) for split in Split]
    assert [answer.seen for answer in classifier.classify(map(file, rows))] == [True, True, False]
