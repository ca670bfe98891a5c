"""What every oracle keeps to, whatever it proposes: in range, of the declared type, nothing twice, and more."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable

import keras_tuner
import pytest
from keras_tuner.engine.trial import Trial, TrialStatus

from search.testing.driving import OBJECTIVE, begin, end, kept, quiet, searched, taken_up, trials
from search.testing.kinds import KINDS, Kind, all_kinds, branched, small
from search.values import Values


class OracleContract(ABC):
    """Tests to inherit. A subclass, whose name begins with ``Test``, says by `make` which oracle they hold to account.

    Attributes:
        resumes: Whether an oracle goes on alike from its ``get_state``, as JSON, and its trials.
        exhausts: Whether a small space is tried to its last combination.
        avoids: Whether it learns from trials that fail, and leaves a region where they do.
        many: Trials of a longer run; fewer for an oracle whose proposals take long.
    """

    resumes = True
    exhausts = True
    avoids = False
    many = 40

    @abstractmethod
    def make(
        self,
        *,
        hyperparameters: keras_tuner.HyperParameters,
        objective: keras_tuner.Objective,
        max_trials: int,
        seed: int,
    ) -> keras_tuner.Oracle:
        """Return a new oracle: what ``--oracle module:factory`` does with the same arguments."""

    def made(self, hyperparameters: keras_tuner.HyperParameters, *, seed: int = 7) -> keras_tuner.Oracle:
        """Return a new oracle of `make`, which neither prints nor writes."""
        objective = keras_tuner.Objective(OBJECTIVE, "max")
        return quiet(self.make(hyperparameters=hyperparameters, objective=objective, max_trials=1000, seed=seed))

    @pytest.mark.parametrize("kind", KINDS, ids=str)
    def test_values_of_each_kind_are_declared_ones_and_all_different(self, kind: Kind) -> None:
        """In range, on the steps, of the declared type, in JSON as they were."""
        space = keras_tuner.HyperParameters()
        kind.declare(space, "x")
        found = _different(trials(self.made(space), 5))
        assert found
        for values in found:
            assert values.keys() == {"x"}
            kind.check(values["x"])
            _check_json(values)

    def test_values_of_all_kinds_together_are_declared_ones(self) -> None:
        """As alone; and what is kept of oracle and trials is JSON."""
        oracle = self.made(all_kinds())
        for values in _different(trials(oracle, self.many // 4)):
            for kind in KINDS:
                kind.check(values[kind.title])
            _check_json(values)
        kept(oracle)

    def test_only_active_hyperparameters_have_values(self) -> None:
        """A branch that is not taken has none; and no two trials share their values."""
        oracle = self.made(branched())
        found = _different(trials(oracle, self.many))
        assert len(found) == self.many
        for values in found:
            hp = oracle.get_space()
            hp.values = values
            assert values.keys() == {one.name for one in hp.space if hp.is_active(one)}

    def test_the_same_seed_and_results_give_the_same_proposals(self) -> None:
        """Nothing else decides: no clock, no global generator."""
        first = _different(trials(self.made(branched()), self.many))
        assert _different(trials(self.made(branched()), self.many)) == first

    @pytest.mark.parametrize("part", [8, 1])
    def test_an_oracle_taken_up_from_json_goes_on_alike(self, part: int) -> None:
        """Soon after its beginning and later, with trials running and one failing."""
        if not self.resumes:
            pytest.skip("this oracle does not promise it")
        oracle = self.made(branched())
        before = list(trials(oracle, self.many // part))
        if begin(oracle).status == TrialStatus.IDLE:
            end(oracle, before[-1])
        other = taken_up(self.made(branched(), seed=99), kept(oracle))
        for number in range(4):
            ours, theirs = begin(oracle), begin(other)
            assert (ours.trial_id, ours.hyperparameters.values) == (theirs.trial_id, theirs.hyperparameters.values)
            end(oracle, ours, failed=number == 2)
            end(other, theirs, failed=number == 2)

    def test_an_exhausted_space_stops_the_search(self) -> None:
        """STOPPED after the last of 12 combinations, none of which came twice."""
        oracle = self.made(small())
        tried = {json.dumps(values, sort_keys=True) for values in _different(trials(oracle, 1000))}
        assert len(tried) == 12 if self.exhausts else 0 < len(tried) <= 12
        assert begin(oracle).status == TrialStatus.STOPPED

    def test_failures_do_not_end_the_search(self) -> None:
        """Where all trials fail there are new ones still."""
        oracle = self.made(branched())
        assert len(_different(trials(oracle, self.many, failing=1))) == self.many

    def test_a_region_where_trials_fail_is_left(self) -> None:
        """Even where the best scores would lie in it, as far as those around it tell."""
        if not self.avoids:
            pytest.skip("this oracle does not promise it")
        space = keras_tuner.HyperParameters()
        space.Float("x", 0.0, 100.0)
        space.Float("y", 0.0, 100.0)
        oracle, failures = self.made(space), []
        for _ in range(40):
            trial = begin(oracle)
            failures.append(searched(trial)["x"] < 50)  # type: ignore[operator]
            end(oracle, trial, failed=failures[-1])
        # On the edge of the region is the best that there is: half of the proposals may lie beyond, but not all.
        assert sum(failures[-20:]) < 14, f"failed: {failures}"

    # Keras Tuner looks for the best of nothing but NaN.
    @pytest.mark.filterwarnings("ignore:All-NaN axis encountered:RuntimeWarning")
    def test_a_trial_that_scores_nan_has_failed(self) -> None:
        """It has no score to learn from."""
        oracle = self.made(branched())
        trial = begin(oracle)
        oracle.update_trial(trial.trial_id, {OBJECTIVE: float("nan")})
        trial.status = TrialStatus.COMPLETED
        oracle.end_trial(trial)
        assert oracle.trials[trial.trial_id].status == TrialStatus.FAILED
        assert begin(oracle).status == TrialStatus.RUNNING

    def test_a_hyperparameter_met_during_the_search_is_searched_from_then_on(self) -> None:
        """A trial declares it as it builds its model."""
        oracle = self.made(branched())
        before = list(trials(oracle, 6, at_a_time=1))
        before[-1].hyperparameters.Choice("pooling", ["max", "average"])
        end(oracle, before[-1])
        assert all("pooling" in values for values in _different(trials(oracle, 3)))
        if self.resumes:
            other = taken_up(self.made(branched(), seed=99), kept(oracle))
            assert begin(other).hyperparameters.values == begin(oracle).hyperparameters.values


def _different(trials: Iterable[Trial]) -> list[Values]:
    """Return the values of ``trials`` as they were proposed; a promotion alone has those of another."""
    found = [(searched(trial), "tuner/trial_id" in trial.hyperparameters.values) for trial in trials]
    own = [json.dumps(values, sort_keys=True) for values, promoted in found if not promoted]
    assert len(set(own)) == len(own), f"proposed twice: {next(text for text in own if own.count(text) > 1)}"
    return [values for values, _ in found]


def _check_json(values: Values) -> None:
    read = json.loads(json.dumps(values))
    assert repr(read) == repr(values), f"JSON reads {values} as {read}"
