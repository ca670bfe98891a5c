"""What the oracle is told beside its own trials: given points, another search's results, new hyperparameters."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras_tuner
import pytest
from search_tests.examples import ended
from search_tests.oracle_driving import NAMES, made

from datasets import open_folder
from search import (
    Conductor,
    Ledger,
    NoSuggestion,
    Record,
    SearchLayout,
    SearchSpecification,
    SettingsError,
    Suggestion,
    TrialState,
    WarmStart,
    collect_warm_start,
    create_search,
    read_warm_start,
    write_warm_start,
)
from search.space.discovery import as_json
from search.testing.driving import score
from search.testing.kinds import small
from trainer import Objective

# Hyperband refuses given points and other searches' trials: it plans all of its own.
ASKED = [name for name in NAMES if name != "hyperband"]

ALL = 12  # combinations of `small`
POINTS = ({"head": "average", "layers": 3}, {"head": "flatten", "layers": 2, "dropout": 0.5})


def asking(specification: SearchSpecification, **changes: object) -> SearchSpecification:
    return specification.model_copy(update={"settings": specification.settings.model_copy(update=changes)})


def play(conductor: Conductor, count: int = 1000) -> list[dict[str, Any]]:
    """Run ``count`` trials, one after another, or all there are; return their values."""
    tried: list[dict[str, Any]] = []
    while len(tried) < count and isinstance(suggestion := conductor.suggest(), Suggestion):
        tried.append(suggestion.values)
        conductor.end(ended(suggestion.trial_id, score(suggestion.values), hyperparameters=suggestion.hyperparameters))
    return tried


def different(values: list[dict[str, Any]]) -> int:
    return len({json.dumps(one, sort_keys=True) for one in values})


@pytest.mark.parametrize("name", ASKED)
def test_given_points_come_first_and_the_oracle_goes_around_them(
    name: str, specification: SearchSpecification, ledger: Ledger
) -> None:
    asked, oracle = asking(specification, points=POINTS, trials=9), made(name, small())
    tried = play(Conductor.resumed(asked, ledger, oracle))
    assert tried[:2] == list(POINTS)
    assert different(tried) == len(tried) == 9
    assert [oracle.trials[trial_id].score for trial_id in ("0000", "0001")] == [score(point) for point in POINTS]


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("before", [1, 2, 3])
def test_resumed_no_given_point_is_lost_or_repeated(
    before: int, name: str, specification: SearchSpecification, ledger: Ledger
) -> None:
    asked = asking(specification, points=POINTS, trials=7)
    undisturbed = play(Conductor(asked, Ledger(SearchLayout(ledger.layout.root.child("other"))), made(name, small())))
    tried = play(Conductor.resumed(asked, ledger, made(name, small())), before)
    assert tried + play(Conductor.resumed(asked, ledger, made(name, small()))) == undisturbed


def test_a_grid_with_points_off_it_is_tried_to_its_end(specification: SearchSpecification, ledger: Ledger) -> None:
    hp = keras_tuner.HyperParameters()
    hp.Float("x", 0.0, 1.0)
    hp.Boolean("y")
    points = ({"x": 0.123, "y": True}, {"x": hp.space[0].values[3], "y": True})
    tried = play(Conductor.resumed(asking(specification, points=points, trials=99), ledger, made("grid", hp)))
    assert different(tried) == len(tried) == 1 + 11 * 2


def other_search(specification: SearchSpecification, root: str, values: list[Mapping[str, Any]]) -> SearchLayout:
    """Write a finished search over `small`, with one trial that failed and one that was in another space."""
    layout = SearchLayout(open_folder(root))
    create_search(layout, asking(specification, name="other"))
    ledger = Ledger(layout)
    for number, one in enumerate([*values, {"head": "flatten"}, {"head": "round"}]):
        given = None if number == len(values) else score(dict(one))
        ledger.write_record(ended(f"{number:04}", given, hyperparameters=dict(one)))
    return layout


TAUGHT = [{"head": "average", "layers": number} for number in (1, 2, 3)]


@pytest.fixture
def taught(specification: SearchSpecification, ledger: Ledger, tmp_path: Any) -> WarmStart:
    """Let the search of ``ledger`` learn from another one, which is gone afterwards."""
    other = other_search(specification, f"{tmp_path}/other", list(TAUGHT))
    lessons = collect_warm_start(other, small(), specification.objective, explore=lambda _: None)
    write_warm_start(ledger.layout, lessons)
    other.root.delete_tree()
    return lessons


def test_lessons_are_the_scored_trials_within_the_space(taught: WarmStart, ledger: Ledger) -> None:
    assert [(one.trial_id, one.hyperparameters, one.score) for one in taught.trials] == [
        (f"other/000{number}", values, score(values)) for number, values in enumerate(TAUGHT)
    ]
    assert taught.left_out == {"without a score": 1, "outside of the space": 1}
    assert "learned from 3 trials of" in str(taught)
    assert "(left out: 1 without a score, 1 outside of the space)" in str(taught)
    assert read_warm_start(ledger.layout) == taught


def test_of_a_promoted_trial_the_lesson_is_its_longest_training(
    specification: SearchSpecification, tmp_path: Path
) -> None:
    layout = SearchLayout(open_folder(tmp_path / "promoted"))
    create_search(layout, asking(specification, name="promoted"))
    for number, (epochs, found) in enumerate([(1, 0.3), (3, 0.7), (9, 0.9)]):
        Ledger(layout).write_record(ended(f"000{number}", found, epochs=epochs, hyperparameters=dict(TAUGHT[0])))
    (lesson,) = collect_warm_start(layout, small(), specification.objective, explore=lambda _: None).trials
    assert (lesson.trial_id, lesson.score, lesson.epochs) == ("promoted/0002", 0.9, 9)


@pytest.mark.parametrize("name", ASKED)
def test_the_oracle_learns_and_neither_budget_nor_records_know(
    name: str, taught: WarmStart, specification: SearchSpecification, ledger: Ledger
) -> None:
    asked, oracle = asking(specification, trials=5), made(name, small())
    tried = play(Conductor.resumed(asked, ledger, oracle), 2)
    again = made(name, small())
    resumed = Conductor.resumed(asked, ledger, again)
    tried += play(resumed)
    assert len(tried) == len(ledger.records()) == len(resumed.records()) == 5
    assert different([*tried, *TAUGHT]) == 8
    for known in (oracle, again):
        assert [known.trials[one.trial_id].score for one in taught.trials] == [one.score for one in taught.trials]
        assert {known.trials[one.trial_id].status for one in taught.trials} == {"COMPLETED"}


def test_what_was_learned_counts_for_bayesian(
    taught: WarmStart, specification: SearchSpecification, ledger: Ledger
) -> None:
    oracle: Any = made("bayesian", small())
    oracle.num_initial_points = 3
    Conductor.resumed(specification, ledger, oracle)
    assert oracle._proposed_values() is not None


def test_what_was_learned_counts_for_tpe(taught: WarmStart, specification: SearchSpecification, ledger: Ledger) -> None:
    tpe: Any = made("tpe", small())
    Conductor.resumed(specification, ledger, tpe).suggest()
    told = [trial.value for trial in tpe._informed_study()._study.trials if trial.value is not None]
    assert told == [one.score for one in taught.trials]


def test_a_search_for_something_else_teaches_nothing(specification: SearchSpecification, tmp_path: Any) -> None:
    other = other_search(specification, f"{tmp_path}/other", [])
    with pytest.raises(SettingsError, match="expected a search for val_loss:min, found one for val_macro_f1"):
        collect_warm_start(other, small(), Objective("val_loss", "min"), explore=lambda _: None)


def wider() -> keras_tuner.HyperParameters:
    """Return what a build met that found one more hyperparameter in a branch."""
    hp = small()
    hp.Int("only_here", 3, 6)
    return hp


def met_by_the_first(specification: SearchSpecification, ledger: Ledger, name: str) -> Conductor:
    """Start a search whose first two trials are suggested, and whose first meets a hyperparameter."""
    conductor = Conductor.resumed(asking(specification, trials=20), ledger, made(name, small()))
    first, second = conductor.suggest(), conductor.suggest()
    assert isinstance(first, Suggestion)
    assert isinstance(second, Suggestion)
    conductor.update_space(as_json(wider()))
    conductor.end(ended(first.trial_id, 0.5, hyperparameters=first.hyperparameters | {"only_here": 3}))
    conductor.end(ended(second.trial_id, 0.4, hyperparameters=second.hyperparameters))
    return conductor


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("resumed", [False, True])
def test_what_a_trial_meets_is_proposed_from_then_on_and_had_its_default_before(
    name: str, resumed: bool, specification: SearchSpecification, ledger: Ledger
) -> None:
    conductor = met_by_the_first(specification, ledger, name)
    if resumed:
        conductor = Conductor.resumed(asking(specification, trials=20), ledger, made(name, small()))
    oracle: Any = conductor._oracle
    assert [oracle.trials[known].hyperparameters.values["only_here"] for known in ("0000", "0001")] == [3, 3]
    tried = play(conductor)
    assert len(tried) == 18
    assert {values["only_here"] for values in tried} > {3, 4}
    earlier = [trial.hyperparameters.values for trial in oracle.trials.values()]
    assert different(earlier) == 20


@pytest.mark.parametrize("name", ASKED)
def test_a_new_hyperparameter_survives_a_kill_before_the_oracle_knows_of_it(
    name: str, specification: SearchSpecification, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    conductor = Conductor.resumed(asking(specification, trials=20), ledger, made(name, small()))
    conductor.suggest()
    monkeypatch.setattr(Ledger, "write_oracle", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        conductor.update_space(as_json(wider()))
    monkeypatch.undo()
    resumed: Any = Conductor.resumed(asking(specification, trials=20), ledger, made(name, small()))
    assert resumed._oracle.hyperparameters.get("only_here") == 3


def test_an_oracle_with_a_fixed_space_stays_as_it_is(specification: SearchSpecification, ledger: Ledger) -> None:
    oracle = made("random", small())
    oracle.allow_new_entries = False
    conductor = Conductor.resumed(specification, ledger, oracle)
    conductor.update_space(as_json(wider()))
    assert len(oracle.hyperparameters.space) == len(small().space)
    assert isinstance(conductor.suggest(), Suggestion)


def test_a_lesson_is_no_record(taught: WarmStart, specification: SearchSpecification, ledger: Ledger) -> None:
    conductor = Conductor.resumed(asking(specification, trials=1), ledger, made("tpe", small()))
    play(conductor)
    assert conductor.suggest() is NoSuggestion.STOPPED
    assert not conductor.exhausted
    assert [record.state for record in ledger.records()] == [TrialState.COMPLETED]
    assert all(isinstance(record, Record) for record in conductor.records())
