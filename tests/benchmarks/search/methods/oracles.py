"""Oracles that are compared with today's on recorded curves, before one of them becomes part of the search."""

import math
import random
from collections.abc import Mapping, Sequence

import keras_tuner
from keras_tuner.engine.trial import Trial, TrialStatus

from search import REDUCTION_FACTOR, TPEOracle, Value, complete
from search.oracles.random_search import Response, untried_of_pool
from search.oracles.tpe_study import TPEStudy
from search.space.declared import listed_values
from search.values import Values

recorded_epochs = 20
"""Of each configuration; a factory of an oracle is not told."""
_QUARTER, _TENTH = 0.25, 0.1
_NEAR = 0.3
"""As the recorded configurations that are near the defaults: the chance that a hyperparameter is another one."""


class RungTPEOracle(TPEOracle):
    """Learns from the highest rung that enough trials have come to, as BOHB does (Falkner, Klein and Hutter 2018).

    What a trial scored there counts, however far it went; trials that ended before are not looked at.
    """

    follows_epochs = True

    def __init__(self, *, rungs: Sequence[int], **given: object) -> None:
        super().__init__(**given)  # type: ignore[arg-type]
        self.rungs = tuple(rungs)

    def _informed_study(self) -> TPEStudy:
        self._forget()
        study = TPEStudy(direction=self.objective.direction, initial_points=self.num_initial_points, seed=self.seed)
        space, level = self.hyperparameters.space, self._level()
        for trial in _latest(self.trials.values()):
            values, score = trial.hyperparameters.values, best_until(self, trial, level)
            if trial.status == TrialStatus.COMPLETED and score is None:
                continue
            number = study.add(space, values)
            if trial.status in (TrialStatus.COMPLETED, TrialStatus.FAILED):
                study.end(number, space, values, score=score)
        # What is told of later is learnt when the study is made again, at the next suggestion.
        self._study, self._numbers = study, {}
        return study

    def _level(self) -> int:
        told = [trial for trial in self.trials.values() if trial.status == TrialStatus.COMPLETED]
        reached = [
            rung
            for rung in self.rungs
            if sum(epochs_of(self, trial) >= rung for trial in told) >= self.num_initial_points
        ]
        return reached[-1] if reached else self.rungs[0]


class PromotingOracle(RungTPEOracle):
    """Pauses every trial at the next rung, and lets the best third of those at a rung go on from there.

    Asynchronous successive halving as it was published (Li et al. 2020, algorithm 2): where nothing can be promoted a
    new configuration begins. Nothing is promoted before ``at_first`` have begun, after them the best of all that wait.
    """

    def __init__(self, *, at_first: int | None = None, factor: int = REDUCTION_FACTOR, **given: object) -> None:
        super().__init__(**given)  # type: ignore[arg-type]
        self.factor, self.at_first = factor, at_first

    def populate_space(self, trial_id: str) -> Response:
        """Promote a trial, or begin one, up to its next rung."""
        begun = sum("tuner/trial_id" not in trial.hyperparameters.values for trial in self.trials.values())
        values = None
        if self.at_first is None or begun >= self.at_first:
            values = self._promoted(all_of_them=self.at_first is not None)
        if values is None and (self.at_first is None or begun < self.at_first):
            values = super().populate_space(trial_id)["values"]
            values = None if values is None else {**values, "tuner/epochs": self.rungs[0]}
        if values is None:
            values = self._promoted(all_of_them=True)
        if values is not None:
            return {"status": TrialStatus.RUNNING, "values": values}
        return {"status": TrialStatus.IDLE if self.ongoing_trials else TrialStatus.STOPPED, "values": None}

    def _promoted(self, *, all_of_them: bool) -> Values | None:
        """Return the best trial that may go on, from the highest rung that has one."""
        gone = {trial.hyperparameters.values.get("tuner/trial_id") for trial in self.trials.values()}
        ended = [trial for trial in _latest(self.trials.values()) if trial.status == TrialStatus.COMPLETED]
        sign = 1 if self.objective.direction == "max" else -1
        for number in range(len(self.rungs) - 2, -1, -1):
            here, following = self.rungs[number : number + 2]
            scores = [(trial, best_until(self, trial, here)) for trial in ended]
            known = [(trial, sign * score) for trial, score in scores if score is not None]
            ranked = [trial for trial, _ in sorted(known, key=lambda pair: -pair[1])]
            for trial in ranked if all_of_them else ranked[: len(ranked) // self.factor]:
                if trial.trial_id not in gone and epochs_of(self, trial) == here:
                    schedule = {"tuner/trial_id": trial.trial_id, "tuner/epochs": following}
                    return {**trial.hyperparameters.values, "tuner/initial_epoch": here, **schedule}
        return None


class NearOracle(RungTPEOracle):
    """Half of the proposals are near the space's defaults, and fewer as evidence grows.

    PriorBand (Mallik et al. 2023, arXiv:2306.12370) draws from a prior, too; how fast it falls is πBO's (Hvarfner et
    al. 2022, arXiv:2204.11051): with the inverse of the number of trials, from ``half`` trials on.
    """

    def __init__(self, *, half: int = 10, **given: object) -> None:
        super().__init__(**given)  # type: ignore[arg-type]
        self.half = half

    def populate_space(self, trial_id: str) -> Response:
        """Draw from the prior, or as TPE does."""
        generator = random.Random(f"{self.seed} {len(self.trials)}")
        pool = untried_of_pool(self)
        if pool and generator.random() < 0.5 * min(1.0, self.half / max(1, len(self.trials))):
            weights = [nearness(self.hyperparameters, values) for values in pool]
            (values,) = generator.choices(pool, weights)
            return {"status": TrialStatus.RUNNING, "values": values}
        return super().populate_space(trial_id)


class NearPromotingOracle(PromotingOracle, NearOracle):
    """Promotes, and half of what begins is near the defaults: PriorBand with asynchronous halving."""


def nearness(space: keras_tuner.HyperParameters, values: Mapping[str, Value]) -> float:
    """Return the chance of a configuration where each hyperparameter is its default but for `_NEAR` of the cases."""
    defaults, chance = complete(space, {}), 1.0
    for one in space.space:
        if one.name in values:
            other = _NEAR / max(1, len(listed_values(one)))
            chance *= other + (1 - _NEAR if values[one.name] == defaults.get(one.name, one.default) else 0.0)
    return chance


def epochs_of(oracle: keras_tuner.Oracle, trial: Trial) -> int:
    """Return how many epochs of a trial the oracle was told of, its parents' included."""
    name = oracle.objective.name
    return max((one.step for one in trial.metrics.get_history(name)), default=0) if trial.metrics.exists(name) else 0


def best_until(oracle: keras_tuner.Oracle, trial: Trial, rung: int) -> float | None:
    """Return the best score of a trial's epochs up to a rung; None where it did not come so far, or failed."""
    if epochs_of(oracle, trial) < rung or trial.status == TrialStatus.FAILED:
        return None
    values = [one.mean() for one in trial.metrics.get_history(oracle.objective.name) if one.step <= rung]
    known = [float(value) for value in values if not math.isnan(value)]
    return (max if oracle.objective.direction == "max" else min)(known) if known else None


def _latest(trials: Sequence[Trial]) -> list[Trial]:
    """Leave out those that an ended promotion has gone on from."""
    passed = {
        trial.hyperparameters.values.get("tuner/trial_id") for trial in trials if trial.status == TrialStatus.COMPLETED
    }
    return [trial for trial in trials if trial.trial_id not in passed]


def rungs_from(share: float) -> tuple[int, ...]:
    """Return the rungs from a share of the epochs on, each three times as far, and all of them."""
    made = [max(1, round(share * recorded_epochs))]
    while made[-1] * REDUCTION_FACTOR < recorded_epochs:
        made.append(made[-1] * REDUCTION_FACTOR)
    return (*made, recorded_epochs)


def rung_tpe(**given: object) -> keras_tuner.Oracle:
    return RungTPEOracle(rungs=rungs_from(_QUARTER), **given)


def promoting_tpe(**given: object) -> keras_tuner.Oracle:
    return PromotingOracle(rungs=rungs_from(_QUARTER), **given)


def promoting_early(**given: object) -> keras_tuner.Oracle:
    return PromotingOracle(rungs=rungs_from(_TENTH), **given)


def promoting_random(**given: object) -> keras_tuner.Oracle:
    return PromotingOracle(rungs=rungs_from(_QUARTER), num_initial_points=10**9, **given)


def one_epoch_for_all(**given: object) -> keras_tuner.Oracle:
    """All of the pool begin, as far as the budget goes; then the best are trained in full, one after another."""
    return PromotingOracle(rungs=(1, recorded_epochs), num_initial_points=10**9, at_first=10**9, **given)


def near_promoting(**given: object) -> keras_tuner.Oracle:
    return NearPromotingOracle(rungs=rungs_from(_TENTH), **given)


def near_tpe(**given: object) -> keras_tuner.Oracle:
    return NearOracle(rungs=rungs_from(_QUARTER), **given)


def near_early(**given: object) -> keras_tuner.Oracle:
    return NearOracle(rungs=rungs_from(_TENTH), **given)
