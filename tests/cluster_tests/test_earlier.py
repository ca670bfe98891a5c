"""What earlier calls have left of the finals: what of it still counts. Nothing trains."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from search_tests import examples
from trainer_tests.examples import MEMBER

from cluster.jobs import earlier
from cluster.jobs.earlier import answered_for_none, still_there, with_finished
from cluster.jobs.settings import SEEDS_APART, seed_of_beginning
from cluster.workers.final_beginning import FinalBeginning
from datasets import Dataset, Folder, Split, open_folder
from search import Cost, EndedBeginning, Finalist, Finals, SearchSettings, TimeBudget
from trainer import Beginning, BeginningAnswers, CheckpointError, Objective, TrainingOptions
from trainer.final.answers import of_length
from trainer.final.beginning import _division
from trainer.final.member import identity_of
from trainer.final.realigning import images_of

OBJECTIVE = Objective.parse("val_macro_f1")
EPOCHS = 3
SPECIFICATION = examples.specification(SearchSettings(name="first", seed=7))


@pytest.fixture
def work(tmp_path: Path) -> Folder:
    return open_folder(tmp_path / "training")


def keep(
    work: Folder, dataset: Dataset, name: str, number: int, *, of: int | None = None, epochs: int = EPOCHS
) -> None:
    """Keep answers of a beginning, to the images of another division if any."""
    rows = dataset.divided(number).rows(Split.VALIDATION)
    none = np.zeros((len(dataset.rows(Split.TEST)), len(dataset.classes)), np.float32)
    answers = BeginningAnswers(
        rows,
        dataset.labels[rows],
        {1: np.zeros((len(rows), len(dataset.classes)), np.float32)},
        {1: none},
        replace(MEMBER, epochs=epochs, metrics={"val_macro_f1": 0.9}),
        1,
        images=images_of(dataset, of or number),
    )
    of_length(work.child(f"{name}-b{number}"), epochs).write_whole("answers.npz", answers.packed())


def finalist(name: str, *scores: float) -> Finalist:
    ended = [EndedBeginning(number=at, seed=at, score=score, seconds=1) for at, score in enumerate(scores, 1)]
    return Finalist(trial_id=name, hyperparameters={}, beginnings=tuple(ended))


def finals(*finalists: Finalist) -> Finals:
    return Finals(epochs=EPOCHS, planned=2, finalists=finalists, chosen=finalists[0].trial_id)


def had(found: Finals) -> dict[str, list[int]]:
    return {one.trial_id: [each.number for each in one.beginnings] for one in found.finalists}


def test_what_has_left_its_answers_stands(
    work: Folder, tiny_dataset: Dataset, caplog: pytest.LogCaptureFixture
) -> None:
    before = finals(finalist("0001", 0.9, 0.8), finalist("0002", 0.7))
    for name, number in (("0001", 1), ("0001", 2), ("0002", 1)):
        keep(work, tiny_dataset, name, number)
    assert still_there(before, tiny_dataset, work, OBJECTIVE) is before
    assert caplog.messages == []


@pytest.mark.parametrize("lost", ["deleted", "of other images", "of another length"])
def test_what_has_not_is_to_be_trained_again_and_another_one_is_chosen(
    lost: str, work: Folder, tiny_dataset: Dataset, caplog: pytest.LogCaptureFixture
) -> None:
    before = finals(finalist("0001", 0.9), finalist("0002", 0.7, 0.8))
    for number in (1, 2):
        keep(work, tiny_dataset, "0002", number)
    if lost == "of other images":
        keep(work, tiny_dataset, "0001", 1, of=2)
    if lost == "of another length":
        keep(work, tiny_dataset, "0001", 1, epochs=EPOCHS + 1)
    after = still_there(before, tiny_dataset, work, OBJECTIVE)
    assert had(after) == {"0001": [], "0002": [1, 2]}
    assert (after.chosen, after.planned, after.epochs) == ("0002", 2, EPOCHS)
    (message,) = caplog.messages
    assert message.startswith("1 of 3 trainings that had ended do not count any more")


def test_what_had_ended_when_nobody_looked_any_more_counts(work: Folder, tiny_dataset: Dataset) -> None:
    before = finals(finalist("0001"), finalist("0002", 0.3), finalist("0003").model_copy(update={"dropped": "behind"}))
    for name, number, seed in (("0001", 1, 0), ("0001", 2, 0), ("0002", 2, 5), ("0003", 1, 0)):
        keep(work, tiny_dataset, name, number)
        begun = FinalBeginning(name, number, {}, EPOCHS, seed or seed_of_beginning(SPECIFICATION, number))
        identity = identity_of(
            (beginning := begun.beginning(SPECIFICATION, None)).member,
            (divided := tiny_dataset.divided(number)),
            objective=SPECIFICATION.objective,
            division=_division(divided),
        )
        of_length(work.child(beginning.name), EPOCHS).write_whole("member.json", identity)
    costs = {name: Cost(epoch=2.0, beside=1.0) for name in ("0001", "0002", "0003")}
    after = with_finished(before, SPECIFICATION, tiny_dataset, work, hypermodel=None, costs=costs)
    # Not what began otherwise, or is of one that is behind; forecast by the one that took 1 s where 7 were expected.
    assert had(after) == {"0001": [1, 2], "0002": [1], "0003": []}
    first = after.finalists[0].beginnings[0]
    assert (first.seed, first.score, first.seconds) == (7 + SEEDS_APART, 0.9, 1.0)
    assert after.chosen == "0001"


def test_where_nothing_is_left_none_is_chosen(work: Folder, tiny_dataset: Dataset) -> None:
    after = still_there(finals(finalist("0001", 0.9)), tiny_dataset, work, OBJECTIVE)
    assert (had(after), after.chosen) == ({"0001": []}, None)


def test_damaged_answers_are_refused(work: Folder, tiny_dataset: Dataset) -> None:
    of_length(work.child("0001-b1"), EPOCHS).write_whole("answers.npz", b"other")
    with pytest.raises(CheckpointError, match="delete it to train this beginning again"):
        still_there(finals(finalist("0001", 0.9)), tiny_dataset, work, OBJECTIVE)


@pytest.mark.parametrize(("seconds", "answer"), [(100.0, ["0001-b1", "0001-b2"]), (1.0, [])])
def test_kept_networks_are_asked_about_other_galaxies_of_no_class_where_there_is_time(
    seconds: float,
    answer: list[str],
    work: Folder,
    tiny_dataset: Dataset,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    options, asked = TrainingOptions(EPOCHS, 16), []
    ended = {"0001": [Beginning("0001", number, lambda: None, options, {}, 1) for number in (1, 2, 3)]}
    for number in (1, 2):
        keep(work, tiny_dataset, "0001", number)
    begin = partial(asked.append, "begun")
    assert not answered_for_none(ended, tiny_dataset, work, TimeBudget(seconds), begin=begin)  # there are none
    assert asked == []
    monkeypatch.setattr(earlier, "none_of", lambda _: "others")
    monkeypatch.setattr(earlier, "answer_for_none", lambda one, _dataset, work: asked.append(Path(work.uri).name))
    assert answered_for_none(ended, tiny_dataset, work, TimeBudget(seconds), begin=begin) == bool(answer)
    assert asked == ["begun", *answer]
    assert "The galaxies of no class are others than before: 2 kept networks answer for them." in caplog.messages
    assert ("There is no time for 2 of them" in caplog.text) == (not answer)
