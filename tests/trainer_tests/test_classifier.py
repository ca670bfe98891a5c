import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from trainer_tests.examples import MEMBER, made_manifest

from datasets import Dataset, ImageError, ImageFile, ImportOptions, Preprocessing, Split, decode, import_dataset
from datasets.images.fits.bands import Bands
from datasets.images.fits.stretch import Stretch
from trainer import Bundle, Classifier, Decide, ModelMismatchError, OptionsError, SplitError, answers_on, evaluate
from trainer.answering.judging import scale_warning
from trainer.answering.novelty import describe
from trainer.bundles.preparation import other_range, other_stretch, require_same_preparation


def network(seed: int, classes: int, activation: str | None = "softmax") -> keras.Model:
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            keras.layers.AveragePooling2D(8),
            keras.layers.Flatten(),
            keras.layers.Dense(classes, activation=activation, kernel_initializer="he_normal"),
        ]
    )


@pytest.fixture(scope="module")
def bundle(tiny_dataset: Dataset) -> Bundle:
    """Two untrained models, the second with logits and three times the weight."""
    members = (MEMBER, replace(MEMBER, name="t2", logits=True, weight=3.0))
    manifest = made_manifest(tiny_dataset, members=members, temperature=0.5)
    return Bundle("/models/m", manifest, (network(1, 5), network(2, 5, None)))


@pytest.fixture(scope="module")
def classifier(bundle: Bundle) -> Classifier:
    return Classifier(bundle)


def image_file(name: str, size: tuple[int, int] = (40, 40), mode: str = "RGB") -> ImageFile:
    """A PNG of noise, (width, height)."""
    noise = np.random.default_rng(len(name)).integers(0, 255, (size[1], size[0], 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).convert(mode).save(buffer, "PNG")
    return ImageFile(name, lambda: buffer.getvalue())


def test_averages_the_members_and_calibrates(classifier: Classifier, bundle: Bundle, tiny_dataset: Dataset) -> None:
    images = tiny_dataset.take(np.arange(70))  # more than one batch of 64
    floats = images / np.float32(255)
    first = bundle.models[0].predict(floats, verbose=0)
    second = np.asarray(keras.ops.softmax(bundle.models[1].predict(floats, verbose=0)))
    squared = ((first + 3 * second) / 4) ** 2  # temperature 0.5
    found = classifier.probabilities(images)
    assert found.dtype == np.float32
    assert found == pytest.approx(squared / squared.sum(axis=1, keepdims=True), abs=1e-5)
    assert classifier._predict.experimental_get_tracing_count() == 1


@pytest.mark.parametrize(("views", "sizes"), [((4, 2), [64, 6]), ((4, 16), [32, 32, 6]), ((None, None), [64, 6])])
def test_many_views_make_small_batches(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, views: tuple[int | None, ...], sizes: list[int]
) -> None:
    members = tuple(replace(one, views=count) for one, count in zip(bundle.manifest.members, views, strict=True))
    classifier = Classifier(replace(bundle, manifest=replace(bundle.manifest, members=members)))
    found: list[int] = []
    monkeypatch.setattr(
        classifier, "_batch", lambda images: (found.append(len(images)), np.zeros((len(images), 5), np.float32))[1]
    )
    assert classifier.probabilities(np.zeros((70, 32, 32, 3), np.uint8)).shape == (70, 5)
    assert found == sizes


@pytest.mark.parametrize(
    "change",
    [
        lambda images: images.astype(np.float32) / 255,
        lambda images: images.astype(np.uint16) * 257,
        lambda images: images.astype(np.int64).tolist(),
        lambda images: images.transpose(0, 3, 1, 2),
        lambda images: images[..., 0],
        lambda images: images[:, 4:],
        lambda images: np.pad(images, ((0, 0), (0, 0), (0, 0), (0, 1))),
    ],
    ids=["fractions", "uint16", "list", "channels first", "grey", "another size", "with alpha"],
)
def test_images_of_another_type_or_shape_are_refused(
    classifier: Classifier, tiny_dataset: Dataset, change: Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.uint8]]
) -> None:
    images = change(tiny_dataset.take(np.arange(3)))
    expected = r"expected images of uint8 \(n, 32, 32, 3\), with 0 black and 255 white, found (float|u?int)[0-9]+ \(3, "
    for ask in (classifier.probabilities, classifier.examine):
        with pytest.raises(OptionsError, match=expected):
            ask(images)
    with pytest.raises(OptionsError, match=r"expected images of uint8 \(n, 32, 32, 3\)"):
        classifier.heatmap(images[0])
    if np.asarray(images).dtype != np.uint8 or np.shape(images)[1:] != (28, 32, 3):
        with pytest.raises(OptionsError, match=r"expected images of uint8 \(n, side, side, 3\)"):
            describe(images)


@pytest.mark.parametrize("value", [0.0, 1.5, -1.0, float("nan"), 60])
def test_what_is_no_fraction_is_refused(classifier: Classifier, value: float) -> None:
    with pytest.raises(OptionsError, match="crop: expected a fraction above 0 and at most 1, found"):
        classifier.classify([], crop=value)
    with pytest.raises(OptionsError, match="max_error: expected a fraction above 0 and at most 1, found"):
        classifier.classify([], max_error=value)


def test_no_images_have_no_probabilities(classifier: Classifier) -> None:
    assert classifier.probabilities(np.zeros((0, 32, 32, 3), np.uint8)).shape == (0, 5)


def test_classifies_in_order_and_goes_on_after_a_file_that_is_no_image(classifier: Classifier) -> None:
    def unreadable() -> bytes:
        raise ImageError("no such file")

    files = [image_file(f"{number}.png") for number in range(70)]
    files[3], files[66] = ImageFile("text", lambda: b"not an image"), ImageFile("gone", unreadable)
    found = list(classifier.classify(files))
    assert [one.path for one in found] == [file.name for file in files]
    assert found[3].error is not None
    assert "not an image" in found[3].error
    assert (found[3].class_name, found[3].probabilities, found[3].pixels) == (None, None, None)
    assert found[66].error == "no such file"
    good = found[65]
    assert good.error is None
    assert good.pixels is not None
    assert good.probabilities is not None
    assert list(good.probabilities) == list(classifier.classes)
    assert sum(good.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert good.class_name == max(good.probabilities, key=good.probabilities.__getitem__)
    assert list(good.probabilities.values()) == pytest.approx(list(classifier.probabilities(good.pixels[None])[0]))


def test_decides_as_the_bundle_was_made_for_unless_asked_otherwise(classifier: Classifier, bundle: Bundle) -> None:
    first, last = classifier.classes[0], classifier.classes[-1]
    manifest = replace(
        bundle.manifest, decide=Decide.OBJECTIVE, factors={last: 1e6}, thresholds={first: 1e6}, objective="val_f:max"
    )
    made_for_one = Classifier(replace(bundle, manifest=manifest))
    (own,) = made_for_one.classify([image_file("a.png")])
    assert own.class_name == last
    assert own.probabilities is not None
    assert own.probabilities[last] < 0.9  # it need not be the most probable
    (plain,) = made_for_one.classify([image_file("a.png")], decide=Decide.ACCURACY)
    (balanced,) = made_for_one.classify([image_file("a.png")], decide=Decide.BALANCED)
    assert plain.class_name == max(own.probabilities, key=own.probabilities.__getitem__)
    assert balanced.class_name == first
    assert own.probabilities == plain.probabilities == balanced.probabilities
    with pytest.raises(
        OptionsError, match=r"^'/models/m' cannot decide for its objective: .* --decide accuracy or bal"
    ):
        classifier.classify([], decide=Decide.OBJECTIVE)  # an older one


def test_warns_of_what_conversion_lost(classifier: Classifier) -> None:
    (found,) = classifier.classify([image_file("grey.png", mode="L")])
    assert found.error is None
    assert any("grey image" in warning for warning in found.warnings)


def test_warns_of_another_scale_unless_the_crop_makes_it_equal(classifier: Classifier) -> None:
    (equal,) = classifier.classify([image_file("equal.png")])
    assert equal.warnings == ()
    (larger,) = classifier.classify([image_file("larger.png", (80, 100))])
    assert len(larger.warnings) == 1
    assert "for an equal pixel scale use --crop 0.500" in larger.warnings[0]
    (cropped,) = classifier.classify([image_file("larger.png", (80, 100))], crop=0.5)
    assert cropped.warnings == ()


@pytest.mark.parametrize(
    ("size", "crop", "expected"),
    [
        ((424, 424), 0.547, None),
        ((424, 424), 1.0, "424×424 pixels, of which the central 424 are looked at: .* from 232; .* use --crop 0.547$"),
        ((232, 300), 1.0, None),
        ((100, 120), 1.0, "100×120 pixels, .* central 100 .*: the model learnt from 232, .*no --crop can make"),
        ((464, 464), 0.25, "central 116 are looked at: .* use --crop 0.500$"),
    ],
)
def test_the_warning_gives_the_crop_for_an_equal_scale(
    size: tuple[int, int], crop: float, expected: str | None
) -> None:
    found = scale_warning(Preprocessing(64, 1.0, (232, 232)), size, crop)
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert re.search(expected, found)


def test_evaluates_a_split_or_everything(classifier: Classifier, tiny_dataset: Dataset) -> None:
    assert evaluate(classifier, tiny_dataset).count == len(tiny_dataset)
    reports: list[tuple[int, int | None]] = []
    scores = evaluate(classifier, tiny_dataset, Split.TEST, progress=lambda *report: reports.append(report))
    rows = tiny_dataset.rows(Split.TEST)
    predicted = classifier.probabilities(tiny_dataset.take(rows)).argmax(axis=1)
    assert scores.count == len(rows)
    assert scores.accuracy == (predicted == tiny_dataset.labels[rows]).mean()
    assert reports[-1] == (len(rows), len(rows))


def changed(bundle: Bundle, **changes: object) -> Classifier:
    return Classifier(replace(bundle, manifest=replace(bundle.manifest, **changes)))  # type: ignore[arg-type]


def test_matches_classes_by_name(bundle: Bundle, classifier: Classifier, tiny_dataset: Dataset) -> None:
    order = [4, 2, 0, 1, 3]
    names = tuple(tiny_dataset.classes[index].upper().replace("-", "_") for index in order)
    kernels = [np.array(model.get_weights()[0]) for model in bundle.models]
    models = (network(1, 5), network(2, 5, None))
    for model, kernel in zip(models, kernels, strict=True):
        model.layers[-1].set_weights([kernel[:, order], np.zeros(5)])
    reordered = Classifier(replace(bundle, models=models, manifest=replace(bundle.manifest, classes=names)))
    expected, found = (evaluate(one, tiny_dataset) for one in (classifier, reordered))
    assert found.accuracy == expected.accuracy
    assert found.classes == names
    assert found.per_class[names[0]] == expected.per_class[tiny_dataset.classes[4]]


MERGERS = ("Cigar-shaped smooth", "completely round smooth", "EDGE_ON", "In between smooth", "merger")
"""The classes of the tiny dataset, one spelled otherwise, and another one for spirals."""


def test_refuses_classes_that_it_does_not_know_and_shows_both(bundle: Bundle, tiny_dataset: Dataset) -> None:
    expected = r"expected the classes Cigar-.*, merger; found Cigar-.*, spiral, and .*: spiral \(20\); `--known-only` "
    with pytest.raises(ModelMismatchError, match=expected):
        evaluate(changed(bundle, classes=MERGERS), tiny_dataset)
    for known_only in (False, True):
        with pytest.raises(ModelMismatchError, match=r"spiral \(20\); `galaxy classify` answers without labels$"):
            evaluate(changed(bundle, classes=tuple("abcde")), tiny_dataset, known_only=known_only)
    many = changed(bundle, classes=tuple(f"class {number}" for number in range(2158)))
    with pytest.raises(ModelMismatchError, match=r"class 7 and 2,150 more; found") as refusal:
        evaluate(many, tiny_dataset)
    assert len(str(refusal.value)) < 600


def test_evaluates_on_the_classes_there_are(bundle: Bundle, classifier: Classifier, tiny_dataset: Dataset) -> None:
    found = answers_on(changed(bundle, classes=MERGERS), tiny_dataset, Split.TEST, known_only=True)
    classes = {"absent": ["merger"], "spelled": {"edge-on": "EDGE_ON"}, "left_out": {"spiral": 4}}
    assert found.matching() == {
        **classes,
        "scale": None,
        "stretch": None,
        "value_range": None,
        "seen": None,
        "seen_left_out": 0,
    }
    assert found.notes() == [
        "No image is of merger: means over classes are over the other 4",
        "Spelled otherwise: 'edge-on' is the model's 'EDGE_ON'",
        "Left out, as the model does not know them: images of spiral (4)",
    ]
    everything = answers_on(classifier, tiny_dataset, Split.TEST)
    assert (everything.notes(), everything.absent) == ([], ())
    kept = tiny_dataset.labels[everything.rows] != 4
    assert found.probabilities == pytest.approx(everything.probabilities[kept], abs=1e-6)
    # An answer that names an absent class is a mistake.
    eager = replace(found, probabilities=np.float32([[0, 0, 0, 0, 1]]).repeat(16, axis=0))
    right = replace(found, probabilities=np.eye(5, dtype=np.float32)[found.true])
    assert (eager.scores().accuracy, eager.scores().macro["f1"]) == (0, 0)
    assert right.scores().macro == {"precision": 1, "recall": 1, "f1": 1}
    assert eager.scores().confusion_matrix[0] == (0, 0, 0, 0, 4)


def test_says_that_images_are_of_another_scale(bundle: Bundle, tiny_dataset: Dataset) -> None:
    preprocessing = replace(bundle.manifest.preprocessing, source_size=(424, 424))
    found = answers_on(changed(bundle, preprocessing=preprocessing), tiny_dataset, Split.TEST)
    assert found.notes() == [found.scale]
    assert found.scale == "Another scale than in training: images of 40×40 pixels, where the model learnt from 424×424"


STRETCH = Stretch(("r",), (1.0,), (1.0,), (0.01,), 2.0, 8.0, "nanomaggy", (0.005, 0.02))


def test_says_that_bands_are_stretched_otherwise(bundle: Bundle, tiny_dataset: Dataset) -> None:
    preprocessing = replace(bundle.manifest.preprocessing, stretch=STRETCH)
    found = answers_on(changed(bundle, preprocessing=preprocessing), tiny_dataset, Split.TEST)
    assert found.notes() == [found.stretch]
    assert found.stretch == (
        "Another stretch than in training: pictures, not FITS, where the model learnt from "
        "asinh, stretch 2 nanomaggy, Q 8; band r as grey"
    )
    learnt = changed(bundle, preprocessing=preprocessing, dataset="learnt.arrow").bundle.manifest
    other = other_stretch(learnt, replace(preprocessing, stretch=replace(STRETCH, softening=4.0)))
    assert other is not None
    assert other.endswith("; import it with `--stretch-of learnt.arrow`")


def test_says_that_other_values_of_arrays_are_black_and_white(bundle: Bundle, tiny_dataset: Dataset) -> None:
    learnt = replace(bundle.manifest.preprocessing, value_range=(0.0, 2.0))
    found = changed(bundle, preprocessing=learnt)
    assert answers_on(found, tiny_dataset, Split.TEST).notes() == []  # pictures have no such range
    assert other_range(found.bundle.manifest, learnt) is None
    assert other_range(found.bundle.manifest, replace(learnt, value_range=(0.0, 3.0))) == (
        "Another value range than in training: 0–3, where the model learnt from 0–2; import it with `--value-range 0,2`"
    )
    long = changed(bundle, preprocessing=replace(learnt, value_range=(0.0, 2.0**20 - 0.5))).bundle.manifest
    assert str(other_range(long, learnt)).endswith("from 0–1048575.5; import it with `--value-range 0,1048575.5`")


def test_a_crop_of_many_digits_can_be_given_again(bundle: Bundle, tiny_dataset: Dataset) -> None:
    learnt = replace(bundle.manifest.preprocessing, crop=1 / 3)
    manifest = changed(bundle, preprocessing=learnt).bundle.manifest
    with pytest.raises(ModelMismatchError, match=r"found 32 and 1; .* --crop (\S+)`$") as caught:
        require_same_preparation(manifest, tiny_dataset.info, model="m")
    given = replace(tiny_dataset.info, preprocessing=replace(learnt, crop=float(str(caught.value).split()[-1][:-1])))
    require_same_preparation(manifest, given, model="m")


def test_bands_are_shown_to_the_model_as_its_images_were(bundle: Bundle) -> None:
    light = np.add.outer(np.arange(32.0), np.arange(32.0)).astype(np.float32) / 30
    image = Bands((light,), ("r",), "Jy")
    learnt = changed(bundle, preprocessing=replace(bundle.manifest.preprocessing, stretch=STRETCH))
    (found,) = learnt.classify([ImageFile("a.fits", lambda: image)])
    assert found.pixels is not None
    assert np.array_equal(found.pixels, decode(image, crop=1.0, image_size=32, stretch=STRETCH).pixels)
    assert "pixels in 'Jy': the stretch was chosen from images in 'nanomaggy'" in found.warnings


def test_an_image_with_nothing_on_it_gets_no_class(classifier: Classifier) -> None:
    pixels = np.zeros((40, 40, 3), np.uint8)
    (found,) = classifier.classify([ImageFile("black.png", lambda: pixels)])
    assert (found.class_name, found.error) == (None, "nothing to see: every pixel is black")


def test_refuses_another_image_size_or_crop(bundle: Bundle, tiny_dataset: Dataset) -> None:
    preprocessing = replace(bundle.manifest.preprocessing, image_size=64)
    with pytest.raises(
        ModelMismatchError, match=r"image size 64 and crop 1, found 32 and 1; .* `--image-size 64 --crop 1`$"
    ):
        evaluate(changed(bundle, preprocessing=preprocessing), tiny_dataset)
    preprocessing = replace(bundle.manifest.preprocessing, crop=0.5)
    with pytest.raises(ModelMismatchError, match=r"expected image size 32 and crop 0\.5, found 32 and 1"):
        evaluate(changed(bundle, preprocessing=preprocessing), tiny_dataset)


def test_refuses_an_empty_split(classifier: Classifier, tiny_source: Path, tmp_path: Path) -> None:
    info = import_dataset(tiny_source, tmp_path / "other", ImportOptions(image_size=32, validation=0.2, test=0))
    with pytest.raises(
        SplitError, match="no images to evaluate on in the split test; `--split train` has 80; `--split val"
    ):
        evaluate(classifier, Dataset.open(info.path), Split.TEST)
