"""What a search makes of an oracle that proposes what it should not."""

import json

import keras_tuner
import numpy as np
import pytest
from keras_tuner.engine.trial import TrialStatus
from search_tests.oracle_driving import OBJECTIVE

from search import SpaceError, make_oracle
from search.testing.driving import searched, trials
from search.testing.kinds import small
from search.values import Values

PROPOSED: Values = {"head": "average", "layers": 3.0}


class Stubborn(keras_tuner.Oracle):  # type: ignore[misc]
    """Proposes the same for ever."""

    def populate_space(self, trial_id: str) -> dict[str, object]:
        return {"status": TrialStatus.RUNNING, "values": dict(PROPOSED)}


class Impatient(keras_tuner.Oracle):  # type: ignore[misc]
    """Proposes the same for other numbers of epochs."""

    def populate_space(self, trial_id: str) -> dict[str, object]:
        return {"status": TrialStatus.RUNNING, "values": PROPOSED | {"tuner/epochs": 1 + len(self.trials)}}


class Kept(Stubborn):
    """Keeps something in its state."""

    def get_state(self) -> dict[str, object]:
        return {**super().get_state(), "mine": KEPT["mine"]} if KEPT.get("inherits", True) else dict(KEPT)

    def set_state(self, state: dict[str, object]) -> None:
        super().set_state(state)
        assert "mine" in state, "nothing of mine"


KEPT: dict[str, object] = {"mine": 1}


def driven(kind: str = "Stubborn") -> keras_tuner.Oracle:
    reference = f"{__name__}:{kind}"
    return make_oracle(reference, hyperparameters=small(), objective=OBJECTIVE, max_trials=50, seed=1)


def test_where_it_repeats_itself_untried_values_are_drawn_until_there_are_none() -> None:
    found = [searched(trial) for trial in trials(driven(), 50)]
    assert repr(found[0]) == repr(PROPOSED | {"layers": 3})
    assert len({json.dumps(values, sort_keys=True) for values in found}) == len(found) == 12


def test_other_epochs_make_no_new_configuration_and_what_is_drawn_instead_trains_for_as_many() -> None:
    begun = list(trials(driven("Impatient"), 50))
    assert len({json.dumps(searched(trial), sort_keys=True) for trial in begun}) == len(begun) == 12
    assert [trial.hyperparameters.values["tuner/epochs"] for trial in begun] == list(range(1, 13))


@pytest.mark.parametrize(("proposed", "kept"), [(0, 1), (99.0, 3)])
def test_a_number_beyond_its_range_is_the_nearest_in_it(
    monkeypatch: pytest.MonkeyPatch, proposed: float, kept: int
) -> None:
    monkeypatch.setitem(PROPOSED, "layers", proposed)
    (trial,) = trials(driven(), 1)
    assert repr(searched(trial)) == repr({"head": "average", "layers": kept})


def test_what_it_leaves_out_has_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PROPOSED, "head", "flatten")
    monkeypatch.delitem(PROPOSED, "layers")
    (trial,) = trials(driven(), 1)
    assert searched(trial) == {"head": "flatten", "layers": 1, "dropout": 0.0}


@pytest.mark.parametrize(("name", "proposed"), [("layers", None), ("layers", float("nan")), ("head", "tail")])
def test_what_is_no_value_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch, name: str, proposed: object) -> None:
    monkeypatch.setitem(PROPOSED, name, proposed)
    with pytest.raises(SpaceError, match=f"the oracle proposes what is no value of the space: {name} is .*{proposed}"):
        list(trials(driven(), 1))


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ({"mine": np.zeros(2)}, "numbers, text, lists and dictionaries, .* under 'mine': .* ndarray is not JSON"),
        ({"mine": {1, 2}}, "numbers, text, lists and dictionaries, .* under 'mine': .* set is not JSON"),
        (
            {"inherits": False, "end_order": []},
            r"all that super\(\).get_state\(\) does, and more, but lacks start_order",
        ),
    ],
)
def test_a_state_that_cannot_be_kept_is_refused_before_the_first_trial(
    monkeypatch: pytest.MonkeyPatch, kept: dict[str, object], said: str
) -> None:
    for name, value in kept.items():
        monkeypatch.setitem(KEPT, name, value)
    with pytest.raises(SpaceError, match=rf"^--oracle .*Kept: get_state must return {said}") as caught:
        driven("Kept")
    assert "\n" not in str(caught.value)


def test_a_state_that_it_does_not_take_is_named() -> None:
    oracle = driven("Kept")
    state = oracle.get_state()
    oracle.set_state(json.loads(json.dumps(state)))
    del state["mine"]
    with pytest.raises(SpaceError, match=r"^--oracle .*Kept: set_state raised AssertionError: nothing of mine"):
        oracle.set_state(state)
