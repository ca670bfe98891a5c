from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from conftest import CLASSES
from trainer_tests.examples import made_manifest

from datasets import Dataset, Folder, ImageFile, Split
from trainer import BundleError, Classifier, Manifest, OptionsError, load_bundle, write_bundle
from trainer.answering.decision import Decide
from trainer.answering.judging import UNLIKE
from trainer.answering.limits import Trust, learn_trust, unpacked
from trainer.answering.novelty import describe, fit_novelty
from trainer.answering.selective import Answers

pytestmark = pytest.mark.filterwarnings(
    # Keras 3.15 saves variables by an `__array__` that NumPy 2 would like to have one more argument.
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)


@pytest.fixture(scope="module")
def trust(tiny_dataset: Dataset) -> Trust:
    """Of the tiny dataset's galaxies; right from a confidence of 0.25 on."""
    images = tiny_dataset.take(np.arange(len(tiny_dataset)))
    confidence = np.random.default_rng(5).uniform(0.2, 0.3, 2000).astype(np.float32)
    answers = Answers(confidence, confidence >= 0.25)
    return Trust(dict.fromkeys(Decide, answers), fit_novelty(describe(images), seed=1))


@pytest.fixture(scope="module")
def manifest(tiny_dataset: Dataset) -> Manifest:
    return made_manifest(tiny_dataset)


def model(bias: float) -> keras.Model:
    """A network that gives the first class the probability 1 / (1 + 4 exp(−bias)), whatever it sees."""
    built = keras.Sequential([keras.Input((32, 32, 3)), keras.layers.Flatten(), keras.layers.Dense(5, "softmax")])
    built.set_weights([np.zeros((32 * 32 * 3, 5)), np.array([bias, 0, 0, 0, 0])])
    return built


def written(folder: Folder, manifest: Manifest, trust: Trust | None, bias: float = 0.0) -> Classifier:
    write_bundle(folder, [model(bias)], manifest, trust)
    return Classifier.load(folder)


def noise(name: str) -> ImageFile:
    from io import BytesIO

    from PIL import Image

    stream = BytesIO()
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (40, 40, 3), np.uint8)).save(stream, "PNG")
    return ImageFile(name, stream.getvalue)


def test_it_is_the_same_when_read_again(trust: Trust) -> None:
    again = unpacked(trust.packed())
    assert trust.novelty is not None
    assert again.novelty is not None
    assert np.array_equal(again.novelty.precision, trust.novelty.precision)
    assert again.novelty.limit == trust.novelty.limit
    for decide in Decide:
        assert again.threshold(decide, 0.1) == trust.threshold(decide, 0.1)
    assert trust.packed() == trust.packed()  # its hash names its file
    assert unpacked(replace(trust, novelty=None).packed()).novelty is None
    older = {decide: answers for decide, answers in trust.answers.items() if decide != Decide.OBJECTIVE}
    assert unpacked(replace(trust, answers=older).packed()).answers.keys() == {Decide.ACCURACY, Decide.BALANCED}


def test_a_classifier_says_what_is_unlike_and_what_is_not_sure(
    folder: Folder, manifest: Manifest, trust: Trust, tiny_source: Path
) -> None:
    galaxy = ImageFile("g.jpg", (tiny_source / "spiral" / "000.jpg").read_bytes)
    doubtful = written(folder.child("a"), manifest, trust)  # 0.2 for each class
    known, unknown = doubtful.classify([galaxy, noise("n.png")])
    assert (known.sure, unknown.sure) == (False, False)
    assert known.novelty is not None
    assert known.novelty < 1
    assert unknown.novelty is not None
    assert unknown.novelty > 1
    assert len(known.warnings) == 1
    assert known.warnings[0].startswith("not sure: the probability is below 0.2")
    assert "at most 2 % of the answers should be wrong" in known.warnings[0]
    assert UNLIKE in unknown.warnings
    certain = written(folder.child("b"), manifest, trust, bias=3.0)
    (known,) = certain.classify([galaxy])
    assert (known.sure, known.warnings) == (True, ())


def test_another_error_rate_can_be_asked_for(folder: Folder, manifest: Manifest, trust: Trust) -> None:
    classifier = written(folder, manifest, trust, bias=0.1)  # of confidence 0.22
    (usual,) = classifier.classify([noise("n.png")])
    assert usual.sure is False
    (lenient,) = classifier.classify([noise("n.png")], max_error=0.9)
    assert lenient.sure is True
    with pytest.raises(OptionsError, match=r"at most 0\.0001 cannot be promised: 2,000 validation images .* ask for"):
        classifier.classify([noise("n.png")], max_error=0.0001)


def test_a_bundle_that_does_not_know_says_nothing(folder: Folder, manifest: Manifest) -> None:
    older = written(folder, manifest, None)
    (found,) = older.classify([noise("n.png")])
    assert (found.sure, found.novelty, found.warnings) == (None, None, ())
    with pytest.raises(OptionsError, match=r"can promise no error rate: .* train it again"):
        older.classify([noise("n.png")], max_error=0.1)


def test_the_manifest_names_the_thresholds_and_the_file_must_be_as_it_was(
    folder: Folder, manifest: Manifest, trust: Trust
) -> None:
    record = write_bundle(folder, [model(0)], manifest, trust).trust
    assert record is not None
    assert (record.images, record.max_error, record.false_alarms) == (2000, 0.02, 0.03)
    assert record.sure_from["accuracy"] == trust.threshold(Decide.ACCURACY, 0.02)
    assert load_bundle(folder).manifest.trust == record
    for _ in range(2):
        write_bundle(folder, [model(0)], manifest, replace(trust, novelty=None))
    assert record.file not in folder.names()  # an older one's
    (current,) = (name for name in folder.names() if name.startswith("trust-"))
    folder.write_whole(current, b"something else")
    with pytest.raises(BundleError, match=rf"{current}' has changed since it was written: expected SHA-256"):
        load_bundle(folder)


def test_looks_of_another_version_are_refused(
    folder: Folder, manifest: Manifest, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("trainer.answering.limits.LOOKS", "rings/0")
        write_bundle(folder, [model(0)], manifest, trust)
    with pytest.raises(BundleError, match=r"expected arrays of this version, found .*rings/0, not as rings/1"):
        load_bundle(folder)


def test_it_is_learnt_on_validation_images(tiny_dataset: Dataset) -> None:
    true = np.arange(20) % 5
    probabilities = np.full((20, 5), 0.1, np.float32) + 0.5 * np.eye(5, dtype=np.float32)[true]
    points = {Decide.ACCURACY: {}, Decide.BALANCED: {CLASSES[0]: 100.0}, Decide.OBJECTIVE: {CLASSES[1]: 100.0}}
    learnt = learn_trust(tiny_dataset, tiny_dataset.rows(Split.VALIDATION), true, probabilities, points, seed=1)
    assert learnt.novelty is None  # of 20 images
    assert learnt.answers[Decide.ACCURACY].right.all()
    assert learnt.answers[Decide.BALANCED].right.tolist() == (true == 0).tolist()  # all are taken for the first class
    assert learnt.answers[Decide.OBJECTIVE].right.tolist() == (true == 1).tolist()
    assert learnt.threshold(Decide.ACCURACY, None) is None
