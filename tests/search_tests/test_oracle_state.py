"""An oracle's state comes back as it was, and keeping it does not get dearer."""

import json
from typing import Any

import keras_tuner
import pytest
from search_tests.examples import ended

from search import Conductor, Ledger, SearchSpecification, Suggestion, make_oracle
from search.ledger.oracle_state import StateKeeper, joined
from trainer import Objective


def state(trials: int) -> dict[str, Any]:
    ids = [f"{number:04d}" for number in range(trials)]
    return {
        "start_order": list(ids),
        "tried_so_far": [f"hash {name}" for name in reversed(ids)],
        "run_times": dict.fromkeys(ids, 1),
        "ongoing_trials": {"worker-1": ids[-1]} if ids else {},
        "hyperparameters": {"space": ["x"], "values": {"x": trials}},
        "seed_state": 100 + trials,
        "nested": [[{"rounds": [trials, 2]}]],
    }


def same(found: dict[str, Any], expected: dict[str, Any]) -> bool:
    unordered = [{**kept, "tried_so_far": set(kept["tried_so_far"])} for kept in (found, expected)]
    return unordered[0] == unordered[1]


def test_every_state_is_read_as_it_was_kept() -> None:
    keeper, base = StateKeeper(), b""
    for trials in range(400):
        kept = state(trials)
        if trials % 50 == 49:  # what was there goes away, changes, or is new
            kept |= {"start_order": kept["start_order"][5:], "run_times": {"0000": 2}, "new": [trials]}
        new, rest = keeper.files(kept)
        base = base if new is None else new
        assert same(joined(base, rest), kept)
        assert list(joined(base, rest)) == list(kept)


def test_a_kill_between_the_two_files_leaves_the_newer_state() -> None:
    keeper = StateKeeper()
    _, rest = keeper.files(state(10))
    new = None
    while new is None:
        later = state(500)
        new, _ = keeper.files(later)
    assert same(joined(new, rest), later)
    assert same(joined(new, None), later)


def test_what_is_written_for_a_trial_does_not_grow_with_their_number() -> None:
    keeper, bases, rests = StateKeeper(), [], []
    for trials in range(1, 2001):
        base, rest = keeper.files(state(trials))
        bases.append(len(base or b""))
        rests.append(len(rest))
    whole = len(json.dumps(state(2000)))
    assert max(rests) < whole / 10
    assert sum(bases) / len(bases) < whole / 100


def test_an_oracle_that_others_change_is_kept_as_it_was(specification: SearchSpecification, ledger: Ledger) -> None:
    hp = keras_tuner.HyperParameters()
    hp.Float("x", 0.0, 1.0)
    many = specification.model_copy(update={"settings": specification.settings.model_copy(update={"trials": 130})})
    oracle = make_oracle("tpe", hyperparameters=hp, objective=Objective("val_macro_f1", "max"), max_trials=1, seed=1)
    conductor = Conductor(many, ledger, oracle)
    for _ in range(120):
        suggestion = conductor.suggest()
        assert isinstance(suggestion, Suggestion)
        then = json.loads(json.dumps(oracle.get_state()))
        conductor.end(ended(suggestion.trial_id, 0.5, ended="2026-01-01T00:00:00.000+00:00"))
    assert same(ledger.oracle_state() or {}, then)
    # Not every event writes the whole state again.
    assert len(ledger.layout.root.read("oracle-rest.json")) < len(ledger.layout.root.read("oracle.json"))


@pytest.mark.parametrize("kept", [{}, {"x": None}, {"x": []}, {"x": {}}])
def test_small_states(kept: dict[str, Any]) -> None:
    base, rest = StateKeeper().files(kept)
    assert base is not None
    assert joined(base, rest) == kept
