from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import pytest
from trainer_tests.conftest import MakeBuild
from trainer_tests.examples import MEMBER
from trainer_tests.test_final import turning

from datasets import Dataset, Folder, Split, open_folder
from trainer import (
    Beginning,
    BeginningAnswers,
    Classifier,
    Decide,
    FinalResult,
    Objective,
    TrainingOptions,
    Worth,
    assemble,
    evaluate,
    model_card,
    read_answers,
    train_beginning,
)
from trainer.answering.calibration import apply_temperature
from trainer.final.out_of_fold import PLAIN, TURNED, Part, averaged, better_way, comparable, ensemble

WORTH = Worth(0.1, 0.0, 0.2, 2, 0.1, "better than nothing")
OBJECTIVE = Objective.parse("val_macro_f1_decided")
NUMBERS = np.arange(3000)
TRUE = NUMBERS % 3


def answers_of(right: Any) -> Any:
    named = np.where(right, TRUE, (TRUE + 1) % 3)
    return np.where(np.eye(3)[named] == 1, 0.8, 0.1).astype(np.float32)


def answered(right: Any, views: tuple[int, int, int] = (1, 2, 4)) -> BeginningAnswers:
    """What a network answers that is ``right`` (n,), else takes the next class; it errs more often but when turned."""
    errs = answers_of(right & (NUMBERS % 7 > 0))
    each = [errs, answers_of(right), errs]
    return BeginningAnswers(NUMBERS, TRUE, dict(zip(views, each, strict=True)), {}, MEMBER, 10)


GOOD = answered(NUMBERS % 10 > 0)
OTHER = answered(NUMBERS % 10 != 1, views=(1, 8, 16))
POOR = answered((NUMBERS % 10 > 0) & (NUMBERS % 2 > 0))


def test_compares_those_that_have_enough_beginnings_on_what_they_have_in_common() -> None:
    answers = {
        "chosen": dict.fromkeys((1, 2, 3), GOOD),
        "dropped": dict.fromkeys((1, 2), OTHER),
        "late": {1: POOR},  # one of three
        "longer": dict.fromkeys((1, 2, 3, 4), POOR),
    }
    assert {name: [*one] for name, one in comparable(answers, "chosen").items()} == {
        "chosen": [1, 2],
        "dropped": [1, 2],
        "longer": [1, 2],
    }
    apart = {"chosen": dict.fromkeys((1, 2), GOOD), "other": dict.fromkeys((3, 4), GOOD)}
    assert comparable(apart, "chosen").keys() == {"chosen"}
    one_alone = {**apart, "defaults": dict.fromkeys((1, 2), POOR)}
    assert comparable(one_alone, "chosen").keys() == {"chosen", "defaults"}
    halves = {"a": dict.fromkeys((1, 2, 3), GOOD), "b": dict.fromkeys((1, 2), GOOD), "c": dict.fromkeys((2, 3), GOOD)}
    assert {name: [*one] for name, one in comparable(halves, "a").items()} == {"a": [2], "b": [2], "c": [2]}


def test_averages_configurations_that_err_elsewhere() -> None:
    both = {"a": {1: GOOD, 2: GOOD}, "b": {1: OTHER, 2: OTHER}}
    parts = ensemble(both, "a", answers=both, max_slower=100)
    assert parts == {"a": Part(1.0, 2, TURNED), "b": Part(1.0, 2, TURNED)}
    mean = averaged(both, parts)
    each = (GOOD.validation[2] + OTHER.validation[8]) / 2
    assert mean.probabilities == pytest.approx(np.concatenate([each, each]))
    assert (len(mean.rows), mean.once().rows.tolist()) == (2 * len(NUMBERS), NUMBERS.tolist())
    slower = ensemble(both, "a", answers=both, max_slower=8)
    assert sum(part.networks * both[name][1].views[part.way] for name, part in slower.items()) <= 8


@pytest.mark.parametrize(
    ("others", "max_slower", "expected"),
    [
        ({}, 1.0, Part(1.0, 1, TURNED)),  # one network has its own views, whatever they cost
        ({"defaults": {1: POOR}}, 100.0, Part(1.0, 1, TURNED)),
        ({"better": {1: answered(NUMBERS % 100 > 0)}}, 1.0, Part(1.0, 1, TURNED)),  # by log loss: it is not the chosen
    ],
)
def test_the_chosen_one_is_in_it_alone_where_no_other_helps(
    others: dict[str, Any], max_slower: float, expected: Part
) -> None:
    answers = {**others, "chosen": {1: GOOD}}
    assert ensemble(answers, "chosen", answers=answers, max_slower=max_slower) == {"chosen": expected}


def test_networks_that_had_nothing_to_be_compared_with_are_averaged_too() -> None:
    more = {"chosen": {1: GOOD}, "other": {1: OTHER, 2: OTHER}}
    parts = ensemble(comparable(more, "chosen"), "chosen", answers=more, max_slower=100)
    assert {name: part.networks for name, part in parts.items()} == {"chosen": 1, "other": 2}
    # Images that the other alone answers for count, as it is half of it.
    assert averaged(more, parts).probabilities[len(NUMBERS) :] == pytest.approx(OTHER.validation[8])
    less = {"chosen": parts["chosen"], "other": Part(0.5, 2, TURNED)}
    assert len(averaged(more, less).rows) == len(NUMBERS)


ORIENTED = replace(
    GOOD, validation={1: answers_of(NUMBERS % 10 > 0), **dict.fromkeys((2, 4), np.full((len(TRUE), 3), 1 / 3, "f4"))}
)
"""What tells classes apart by their orientation, and so nothing of an image that is turned."""


def test_images_are_viewed_alone_where_orientation_tells_classes_apart_and_weighed_so() -> None:
    both = {"oriented": {1: ORIENTED}, "poor": {1: POOR}}
    assert [better_way(each) for each in both.values()] == [PLAIN, TURNED]
    parts = ensemble(both, "poor", answers=both, max_slower=100)
    assert parts == {"oriented": Part(1.0, 1, PLAIN), "poor": Part(1.0, 1, TURNED)}  # which was chosen, so is in it


@dataclass(frozen=True)
class Trained:
    """Two configurations that began twice each, the second with logits and alike in all turns."""

    beginnings: dict[str, list[Beginning]]
    work: Folder

    def answers(self, name: str) -> BeginningAnswers:
        answers = read_answers(self.work.child(name), epochs=2)
        assert answers is not None
        return answers


@pytest.fixture(scope="module")
def trained(make_build: MakeBuild, tiny_dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    builds: dict[str, Callable[[], keras.Model]] = {"plain": make_build(), "turning": lambda: turning(make_build()())}
    options = TrainingOptions(2, 16)
    beginnings = {
        name: [Beginning(name, number, build, options, {"name": name}, seed=number) for number in (1, 2)]
        for name, build in builds.items()
    }
    work = open_folder(tmp_path_factory.mktemp("begun"))
    for one in [*beginnings["plain"], *beginnings["turning"]]:
        train_beginning(one, tiny_dataset, objective=OBJECTIVE, work=work.child(one.name))
    return Trained(beginnings, work)


Assemble = Callable[..., FinalResult]


@pytest.fixture
def assembled(trained: Trained, tiny_dataset: Dataset, folder: Folder) -> Assemble:
    def assembled(finalists: dict[str, list[Beginning]] | None = None, **changes: Any) -> FinalResult:
        settings: dict[str, Any] = {"chosen": "plain", "objective": OBJECTIVE, "seed": 3, "max_slower": 40}
        given = trained.beginnings if finalists is None else finalists
        return assemble(given, tiny_dataset, work=trained.work, bundle=folder, **(settings | changes))

    return assembled


def test_bundles_the_ensemble_with_its_scores(
    trained: Trained, assembled: Assemble, tiny_dataset: Dataset, monkeypatch: pytest.MonkeyPatch, folder: Folder
) -> None:
    parts = {"plain": Part(2.0, 2, TURNED), "turning": Part(1.0, 1, PLAIN)}
    monkeypatch.setattr("trainer.final.assembling.ensemble", lambda *_, **__: parts)
    result = assembled(commands=("galaxy fit",), worth=WORTH)
    assert result.members == ("plain-b1", "plain-b2", "turning-b1")
    classifier = Classifier.load(folder)
    manifest, trust = classifier.bundle.manifest, classifier.bundle.trust
    assert [(one.views, one.weight) for one in manifest.members] == [(8, 1.0), (8, 1.0), (1, 1.0)]
    assert (manifest.beginnings, manifest.interim, manifest.worth) == (2, False, WORTH.as_json())

    tests = [trained.answers(name).test[views] for name, views in zip(result.members, (8, 8, 1), strict=True)]
    expected = apply_temperature(np.mean(tests, axis=0), manifest.temperature)
    images = tiny_dataset.take(tiny_dataset.rows(Split.TEST))
    assert classifier.probabilities(images) == pytest.approx(expected, abs=1e-5)
    scores = evaluate(classifier, tiny_dataset, Split.TEST)
    assert scores.accuracy == result.metrics["test_accuracy"] == manifest.metrics["test"]["accuracy"]
    # What is learnt is learnt on both divisions' validation images: each answered by one network a configuration.
    assert manifest.metrics["validation"]["count"] == 40
    assert trust is not None
    assert [len(trust.answers[decide].right) for decide in Decide] == [40] * 3
    assert trust.novelty is not None  # which 20 images are too few for
    assert manifest.corrected is not None  # there are 4 test images a class
    card = model_card(manifest)
    for said in (
        "one network a configuration",
        "better than nothing",
        "the choice among finalists",
        "Network 1: trial plain-b1, epoch 2 of 2, averaged over 8 views of an image",
    ):
        assert said in card


@pytest.mark.parametrize(("weight", "beginnings"), [(1.0, 2), (2.0, 1)])
def test_a_beginning_that_the_other_has_not_had_is_averaged_and_learnt_from_where_it_is_half_of_all(
    trained: Trained,
    assembled: Assemble,
    monkeypatch: pytest.MonkeyPatch,
    folder: Folder,
    weight: float,
    beginnings: int,
) -> None:
    parts = {"plain": Part(1.0, 2, PLAIN), "turning": Part(weight, 1, PLAIN)}
    monkeypatch.setattr("trainer.final.assembling.ensemble", lambda *_, **__: parts)
    fewer = {"plain": trained.beginnings["plain"], "turning": trained.beginnings["turning"][1:]}
    # First those that both have had.
    assert assembled(fewer, chosen="turning").members == ("plain-b2", "plain-b1", "turning-b2")
    manifest = Classifier.load(folder).bundle.manifest
    assert (manifest.beginnings, manifest.metrics["validation"]["count"]) == (beginnings, 20 * beginnings)


def test_one_beginning_of_one_finalist_will_do(trained: Trained, assembled: Assemble, folder: Folder) -> None:
    alone = {"plain": trained.beginnings["plain"][:1], "turning": []}
    result = assembled(alone, max_slower=1)
    assert result.members == ("plain-b1",)
    assert Classifier.load(folder).bundle.manifest.members[0].views in (1, 8, 16)


def test_a_chosen_one_without_a_finished_beginning_is_refused(trained: Trained, assembled: Assemble) -> None:
    unfinished = [replace(trained.beginnings["plain"][0], number=3)]
    with pytest.raises(ValueError, match="needs a finished beginning, but 'plain' has none"):
        assembled({"plain": unfinished, "turning": trained.beginnings["turning"]})
