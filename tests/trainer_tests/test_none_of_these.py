"""Galaxies of no class: what tells them is learnt from some, kept, and the same wherever a model answers."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from trainer_tests.examples import made_manifest

from datasets import Dataset, Folder, ImageFile, ImportOptions, Split, import_dataset
from trainer import (
    Beginning,
    BeginningAnswers,
    Build,
    BundleMember,
    Classifier,
    Decide,
    Member,
    TrainingOptions,
    answers_on,
    assemble,
    interim_bundle,
    model_card,
    train_beginning,
    train_final,
    write_bundle,
)
from trainer.answering.judging import NONE_OF_THESE, Judge
from trainer.answering.limits import Trust, learn_trust, unpacked
from trainer.answering.none_of_these import FALSE_ALARMS, NO_LIMIT, NoneOfThese, learn_none
from trainer.answering.selective import Answers
from trainer.bundles.held_out import read_held_out
from trainer.bundles.of_none import ToldOfNone
from trainer.exporting.formats import NONE, description_of
from trainer.exporting.graph import ServingModel
from trainer.final.answers import of_length, read_answers
from trainer.final.bundling import Answered, write_calibrated
from trainer.final.learning_none import shown
from trainer.final.out_of_fold import IN_TWO_SIZES, Part, averaged_of_no_class
from trainer.objective import Objective

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)
CLASSES = 3
Chances = npt.NDArray[np.float32]


def sure(count: int, seed: int, *, of: Sequence[int] = range(CLASSES)) -> Chances:
    """Draw probabilities, (count, 3), that are high for one class, as of images that belong to it."""
    generator = np.random.default_rng(seed)
    chances = generator.dirichlet(np.ones(CLASSES), count) * 0.3
    chances[np.arange(count), np.resize(of, count)] += 0.7
    return chances.astype(np.float32)


def torn(count: int, seed: int) -> Chances:
    """Draw probabilities that are high for no class."""
    return np.random.default_rng(seed).dirichlet(np.full(CLASSES, 20.0), count).astype(np.float32)


def learnt(known: Chances, none: Chances, **groups: npt.NDArray[np.int64]) -> object:
    numbered = {"known_groups": np.arange(len(known)), "none_groups": np.arange(len(none))} | groups
    return learn_none(known, none, **numbered, seed=1)


RULE = NoneOfThese(np.array([-0.1, -1.0, 0.3, 0.0, 0.2]), np.array([-2.0, 0.5, 1.0, 0.0, 0.1]))


def test_it_tells_most_and_takes_few_others_of_each_class_for_such() -> None:
    found = learnt(sure(600, 1), torn(200, 2))
    assert (found.none > 1).mean() > 0.9
    assert (found.known > 1).mean() <= FALSE_ALARMS
    for number in range(CLASSES):
        new = sure(4000, 3, of=[number])
        assert (found.rule.of(new) > 1).mean() < 2 * FALSE_ALARMS
    assert (found.rule.of(torn(1000, 4)) > 1).mean() == pytest.approx((found.none > 1).mean(), abs=0.05)


@pytest.mark.parametrize("few", [0, 1, 3, 8])
def test_a_class_that_few_images_are_named_has_no_limit(few: int) -> None:
    known = np.concatenate([sure(few, 1, of=[0]), sure(400, 2, of=[1, 2])]) if few else sure(400, 2, of=[1, 2])
    rule = learnt(known, torn(200, 3)).rule
    assert rule.limits.tolist() == [NO_LIMIT, *rule.limits[1:]]
    assert rule.limits[1:].max() < NO_LIMIT
    assert not (rule.of(sure(4000, 4, of=[0])) > 1).any()
    assert 0 < (rule.of(sure(4000, 4, of=[1])) > 1).mean() < 0.1


def test_it_learns_nothing_of_too_few_images_however_many_networks_answer_for_them() -> None:
    known, none = sure(100, 1), torn(100, 2)
    assert learnt(known, none) is not None
    assert learnt(known, none[:19]) is None
    assert learnt(known[:19], none) is None
    assert learnt(known, none, none_groups=np.arange(100) % 19) is None


def test_a_class_that_no_image_was_named_is_never_alarmed_at_first_sight() -> None:
    rule = learnt(sure(100, 1, of=[0, 1]), torn(100, 2)).rule
    assert rule.limits[2] == rule.limits.max()
    assert np.isfinite(rule.limits).all()


def test_it_is_no_sure_answer_and_what_is_promised_is_of_the_others() -> None:
    right = np.arange(1000) >= 100
    answers = Answers(np.linspace(0.5, 1, 1000, dtype=np.float32), right)
    chances = np.array([[0.9, 0.05, 0.05], [0.9, 0.1, 1e-9]], np.float32)
    rule = NoneOfThese(np.array([0.0, 0.0, 1.0]), np.full(3, -4.0))
    judge = Judge.of(Trust(dict.fromkeys(Decide, answers), None, rule), Decide.ACCURACY, None, "m")
    torn_apart, plain = judge.judge([None, None], chances, np.array([0, 0]))
    assert (torn_apart.sure, plain.sure) == (False, True)
    assert torn_apart.none == pytest.approx(0.05 * np.exp(4))
    assert (torn_apart.warnings, plain.warnings) == ((NONE_OF_THESE,), ())
    unsure = replace(judge, threshold=None).judge([None], chances[:1], np.array([0]))
    assert unsure[0].sure is None
    assert len(answers.without(~right).right) == 900


def told(**changes: object) -> ToldOfNone:
    known = {
        "classes": ("a", "b"),
        "matrix": [[40, 10], [0, 50]],
        "kept": [[30, 5], [0, 50]],
        "shown": 100,
        "caught": 60,
        "auroc": 0.8,
        "named": {"a": (80, 30), "b": (20, 10)},
    }
    return ToldOfNone(**(known | changes))


def test_purity_is_that_of_a_catalogue_with_a_share_of_none() -> None:
    assert told().alarms() == {"a": (15, 50), "b": (0, 50)}
    alone, half = told().purities(0.0), told().purities(0.5)
    assert (alone["a"].before, alone["b"].before) == (1.0, 50 / 60)
    assert (half["a"].before, half["a"].after) == (40 / (40 + 80), 30 / (30 + 30))
    assert (half["b"].before, half["b"].after) == pytest.approx((50 / (60 + 20), 50 / (55 + 10)))
    nothing = told(matrix=[[0, 50], [0, 50]], kept=[[0, 50], [0, 50]], named={"a": (0, 0), "b": (9, 1)})
    assert nothing.purities(0.5)["a"].before is None
    document = told().as_json(0.5)
    assert document["per_class"]["a"] == {"alarms": 15, "images": 50, "purity": 1 / 3, "purity_without_none": 0.5}
    assert told(shown=0, named={"a": (0, 0), "b": (0, 0)}).as_json()["per_class"]["a"]["purity"] is None


@pytest.fixture(scope="module")
def dataset(tiny_source: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The tiny dataset, with 30 galaxies of no class beside it."""
    from PIL import Image

    place, generator = tmp_path_factory.mktemp("none"), np.random.default_rng(1)
    with Image.open(next(tiny_source.rglob("*.jpg"))) as image:
        size = image.size
    (place / "others").mkdir()
    for number in range(30):
        pixels = generator.integers(0, 255, (*size[::-1], 3), dtype=np.uint8)
        Image.fromarray(pixels).save(place / "others" / f"{number:02}.png")
    options = ImportOptions(image_size=32, validation=0.2, unlabelled=str(place / "others"))
    return Dataset.open(import_dataset(tiny_source, place / "out", options).path)


def network(side: int, classes: int) -> object:
    import keras

    return keras.Sequential(
        [keras.Input((side, side, 3)), keras.layers.Flatten(), keras.layers.Dense(classes, "softmax")]
    )


def test_a_bundle_keeps_it_and_says_it_alike_in_answers_evaluation_export_and_card(
    dataset: Dataset, folder: Folder
) -> None:
    rows, generator = dataset.rows(Split.VALIDATION), np.random.default_rng(3)
    rows = np.concatenate([rows, dataset.rows(Split.TRAIN)])  # of each class enough for a limit
    count, numbers = len(dataset.classes), shown(dataset)
    assert numbers.tolist() == list(range(30))
    certain = (np.eye(count)[dataset.labels[rows]] * 0.8 + 0.2 * generator.dirichlet(np.ones(count), len(rows))).astype(
        np.float32
    )
    doubtful = generator.dirichlet(np.full(count, 9.0), 30).astype(np.float32)
    result = write_calibrated(
        [network(32, count)],
        [BundleMember("0001", False, 1, 1, 1, {}, {})],
        dataset=dataset,
        unseen=Answered(rows, dataset.labels[rows], certain),
        test=None,
        unlabelled=Answered.of_no_class(np.concatenate([numbers, numbers]), np.concatenate([doubtful, doubtful])),
        objective=Objective.parse("val_macro_f1"),
        seed=1,
        bundle=folder.child("model"),
        commands=(),
    )
    classifier = Classifier.load(result.model)
    manifest, trust = classifier.bundle.manifest, classifier.bundle.trust
    assert (manifest.none.shown, manifest.none.images) == (30, len(rows))
    assert manifest.none.caught >= 25
    assert manifest.trust.images == len(rows)
    held_out = read_held_out(folder.child("model"), manifest)  # each once: a catalogue is counted by these
    assert np.bincount(held_out.true).tolist() == [*np.bincount(dataset.labels[rows]).tolist(), 30]
    assert len(trust.answers[Decide.ACCURACY].right) == np.array(manifest.none.kept["validation"]).sum()
    card = model_card(manifest)
    assert "## None of these" in card
    assert f"Learnt from 30 galaxies of no class and {len(rows)} validation images" in card
    assert "never shown a galaxy of none of these" not in card
    assert "never shown a galaxy of none of these" in model_card(replace(manifest, none=None))

    images = dataset.take(dataset.rows(Split.TEST))
    chances = classifier.probabilities(images)
    values = trust.none.of(chances)
    assert ServingModel(classifier.bundle)(images)[NONE].numpy() == pytest.approx(values, rel=1e-3)
    assert description_of(manifest)["none"]["none_above"] == 1.0
    assert description_of(replace(manifest, none=None))["none"] is None
    evaluation = answers_on(classifier, dataset, Split.TEST)
    document = evaluation.told_of_none().as_json()
    assert (document["alarms"], document["images"]) == ((values > 1).sum(), len(images))
    assert document["shown"] == 0  # all were shown to the model
    source = Path(dataset.info.unlabelled.source)
    answer = next(iter(classifier.classify([ImageFile("n.png", (source / "00.png").read_bytes)])))
    assert answer.none == pytest.approx(trust.none.of(np.array([[*answer.probabilities.values()]]))[0], rel=1e-3)
    assert answer.seen

    again = write_bundle(folder.child("again"), classifier.bundle.models, manifest, trust, classifier.bundle.seen)
    assert again.none == manifest.none
    assert np.array_equal(unpacked(trust.packed()).none.limits, trust.none.limits)
    other = Classifier.load(folder.child("again"))
    assert np.array_equal(other.bundle.trust.none.weights, trust.none.weights)


def test_a_model_that_was_shown_none_says_nothing_of_it(tiny_dataset: Dataset, folder: Folder) -> None:
    rows = tiny_dataset.rows(Split.VALIDATION)
    chances = np.full((len(rows), 5), 0.2, np.float32)
    trust = learn_trust(tiny_dataset, rows, tiny_dataset.labels[rows], chances, {Decide.ACCURACY: {}}, seed=1)
    assert trust.none is None
    whole = Trust(dict.fromkeys(Decide, trust.answers[Decide.ACCURACY]), None)
    write_bundle(folder, [network(32, 5)], made_manifest(tiny_dataset), whole)
    classifier = Classifier.load(folder)
    assert NONE not in ServingModel(classifier.bundle)(tiny_dataset.take([0]))
    assert answers_on(classifier, tiny_dataset, Split.TEST).told_of_none() is None


def test_beginnings_keep_what_they_answered_and_each_answers_for_each(folder: Folder) -> None:
    member = BundleMember("0001", False, 1, 1, 1, {}, {})
    rows, true = np.arange(4), np.array([0, 1, 2, 0])

    def answers(seed: int, **of_none: object) -> BeginningAnswers:
        views = dict.fromkeys((1, 2, 4), sure(4, seed))
        return BeginningAnswers(rows, true, views, {}, member, 10, **of_none)

    one, other = (answers(seed, unlabelled=dict.fromkeys((1, 2, 4), torn(5, seed))) for seed in (1, 2))
    of_length(folder, 1).write_whole("answers.npz", one.packed())
    assert np.array_equal(read_answers(folder, epochs=1).unlabelled[4], one.unlabelled[4])
    parts = {"a": Part(1.0, 2, IN_TWO_SIZES)}
    pooled = averaged_of_no_class({"a": {1: one, 2: other}}, parts, np.arange(5))
    assert pooled.rows.tolist() == [*range(5), *range(5)]
    assert np.allclose(pooled.probabilities, np.concatenate([torn(5, 1), torn(5, 2)]))
    assert averaged_of_no_class({"a": {1: one, 2: answers(2)}}, parts, np.arange(5)) is None
    assert averaged_of_no_class({"a": {1: one}}, parts, np.arange(6)) is None
    assert averaged_of_no_class({"a": {1: one}}, parts, np.arange(0)) is None


def test_every_end_of_a_training_asks_about_them(dataset: Dataset, build: Build, folder: Folder) -> None:
    options, objective = TrainingOptions(epochs=1, batch_size=16), Objective.parse("val_loss")
    member = Member("0001", build, options, {}, seed=1)
    work, bundle = folder.child("work"), folder.child("model")
    train_final([member], dataset, objective=objective, seed=1, work=work, bundle=bundle)
    assert Classifier.load(bundle).bundle.manifest.none.shown == 30
    trial = work.child("0001")
    assert interim_bundle(member, trial, dataset, objective=objective, bundle=folder.child("interim")) is not None
    interim = Classifier.load(folder.child("interim"))
    assert (interim.bundle.manifest.none.shown, interim.bundle.trust.none is None) == (30, False)
    beginning = Beginning("0001", 1, build, options, {}, seed=1)
    train_beginning(beginning, dataset, objective=objective, work=folder.child(beginning.name))
    answers = read_answers(folder.child(beginning.name), epochs=1)
    assert {len(each) for each in answers.unlabelled.values()} == {30}
    assert answers.unlabelled.keys() == answers.validation.keys()
    assemble({"0001": [beginning]}, dataset, chosen="0001", objective=objective, work=folder, bundle=bundle, seed=1)
    assert Classifier.load(bundle).bundle.manifest.none.shown == 30
