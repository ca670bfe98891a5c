"""Hyperband's promotions through real trials: where they begin, what they equal, what is left of them."""

from pathlib import Path

import pytest
from cluster_tests.conftest import end_at

from cluster import resume_search, run_search
from cluster.jobs.training import _configurations, _winners
from cluster.workers.trial import TrialSession
from datasets import Dataset, open_folder
from search import (
    Builder,
    Ledger,
    Row,
    SearchLayout,
    SearchSettings,
    SettingsError,
    Suggestion,
    TrialState,
    load_hypermodel,
    training_options,
)
from trainer import Objective, TrainingRun, read_confusion


def settings(**changes: object) -> SearchSettings:
    known = {"name": "first", "epochs": 4, "oracle": "hyperband", "hypermodel": "my_models:tiny", "seed": 3}
    return SearchSettings.model_validate(known | changes)


def trained_at_once(dataset: Dataset, row: Row, seed: int, folder: Path) -> TrainingRun:
    hypermodel = load_hypermodel("my_models:tiny", input_shape=dataset.image_shape, num_classes=len(dataset.classes))
    run = TrainingRun(
        Builder(hypermodel, row.hyperparameters),
        dataset,
        training_options(row.hyperparameters, epochs=4),
        objective=Objective.parse("val_macro_f1_steady"),
        seed=seed,
        checkpoints=open_folder(folder),
    )
    while not run.finished:
        run.step()
    return run


@pytest.mark.slow
def test_a_promoted_trial_interrupted_too_is_what_it_had_been_at_once(
    tiny_dataset: Dataset, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Five trials of two epochs, and the first epoch of the first promotion.
    end_at(monkeypatch, 11, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        run_search(tiny_dataset.info.path, settings(trials=7), address="in-process")
    view = resume_search("first", address="in-process")
    rows = {row.trial_id: row for row in view.rows}
    assert sorted((row.epochs, row.parent is not None) for row in view.rows) == [(2, False)] * 5 + [(4, True)] * 2
    assert all(row.until == row.epochs for row in view.rows)
    layout = SearchLayout.of("runs", "first")
    for row in (row for row in view.rows if row.parent is not None):
        parent = rows[str(row.parent)]
        assert row.hyperparameters == parent.hyperparameters
        assert not any(name.startswith("tuner/") for name in row.hyperparameters)
        assert {metric: values[:2] for metric, values in row.history.items()} == parent.history
        seed = Ledger(layout).suggestion(parent.trial_id).seed
        at_once = trained_at_once(tiny_dataset, row, seed, here / "at once" / row.trial_id)
        assert {name: pytest.approx(values, abs=1e-5) for name, values in at_once.history.items()} == row.history
        assert (row.best_epoch, layout.checkpoints(row.trial_id).exists("best.npz")) == (at_once.best_epoch, True)
        # Whichever of the two it is from.
        confusion = read_confusion(layout.checkpoints(row.trial_id))
        assert confusion is not None
        assert confusion.epoch == row.best_epoch
    assert [layout.checkpoints(trial).exists("last.npz") for trial in rows] == [False] * 7


def test_a_promotion_whose_parent_has_no_checkpoint_fails_and_says_so(tiny_dataset: Dataset, here: Path) -> None:
    run_search(tiny_dataset.info.path, settings(trials=1), address="in-process")
    layout = SearchLayout.of("runs", "first")
    values = {**Ledger(layout).suggestion("0000").values, "tuner/trial_id": "0000", "tuner/epochs": 4}
    Ledger(layout).write_suggestion(Suggestion(trial_id="0001", values=values, seed=1, suggested="now"))
    layout.checkpoints("0000").delete("last.npz")
    record = TrialSession(layout.root.uri, "0001").step()
    assert (record.state, record.parent) == (TrialState.FAILED, "0000")
    assert "0000/last.npz', to be continued, is missing" in str(record.reason)
    assert "\n" not in str(record.reason)


def test_hyperband_is_never_extended_beyond_its_own_count(tiny_dataset: Dataset, here: Path) -> None:
    run_search(tiny_dataset.info.path, settings(trials=2, epochs=1, name="one"), address="in-process")
    with pytest.raises(SettingsError, match="--trials 9: hyperband over 1 epochs makes 1: ask for 1"):
        resume_search("one", address="in-process", trials=9)


def test_what_does_not_go_together_is_said_before_anything_is_written(here: Path) -> None:
    with pytest.raises(SettingsError, match="--scheduler asha does not go with --oracle hyperband"):
        run_search("no dataset", settings(scheduler="asha"), address="in-process")
    assert not (here / "runs").exists()


def test_a_promotion_is_not_trained_beside_its_parent() -> None:
    known = {"state": TrialState.COMPLETED, "score": 0.5}
    rows = [
        Row(trial_id=trial, parent=parent, hyperparameters={"units": units}, rank=rank, **known)
        for rank, (trial, parent, units) in enumerate([("0005", "0001", 3), ("0001", None, 3), ("0002", None, 4)], 1)
    ]
    assert [row.trial_id for row in _configurations(rows, trained=[])] == ["0005", "0002"]
    # What was trained before the promotion goes on.
    assert [row.trial_id for row in _configurations(rows, trained=["0001", "0009"])] == ["0001", "0002"]


def test_a_better_trial_that_has_come_since_leaves_the_seeds_of_others_as_they_are() -> None:
    rows = [Row(trial_id=f"{number:04}", hyperparameters={}, state=TrialState.COMPLETED) for number in range(3)]
    before, now = (
        {one.name: one.seed for one in _winners(best, seeds=2, epochs=1, first_seed=1)}
        for best in (rows[:2], [rows[2], *rows[:2]])
    )
    assert before.items() <= now.items()
    assert len(set(now.values())) == 6


@pytest.mark.slow
def test_on_ray_two_at_a_time_it_ends_by_itself(tiny_dataset: Dataset, here: Path) -> None:
    view = run_search(tiny_dataset.info.path, settings(concurrency=2))
    assert view.counts == {"completed": 10}
    assert sorted((row.epochs, row.parent is not None) for row in view.rows) == sorted(
        [(2, False)] * 5 + [(4, True)] * 2 + [(4, False)] * 3
    )
