"""What a search makes of an oracle that proposes what it should not."""

import json

import keras_tuner
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


def driven() -> keras_tuner.Oracle:
    reference = f"{__name__}:Stubborn"
    return make_oracle(reference, hyperparameters=small(), objective=OBJECTIVE, max_trials=50, seed=1)


def test_where_it_repeats_itself_untried_values_are_drawn_until_there_are_none() -> None:
    found = [searched(trial) for trial in trials(driven(), 50)]
    assert repr(found[0]) == repr(PROPOSED | {"layers": 3})
    assert len({json.dumps(values, sort_keys=True) for values in found}) == len(found) == 12


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
