"""An Optuna study that proposes values for a Keras Tuner space and is told what came of them.

Everything that it proposes follows from the seed, the number of draws and the trials it was told of: a study made again
from the same trials goes on alike. It lives in memory; writing things down is its owner's.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import TPESampler
from optuna.trial import FrozenTrial, TrialState

from search.oracles.distributions import Space
from search.quiet import quiet_optuna
from search.space.points import active
from search.values import Value

Values = Mapping[str, Value]


class TPEStudy:
    """A study of one objective; ``direction`` is 'min' or 'max'. Trials are known by their numbers, from 0."""

    def __init__(self, *, direction: str, initial_points: int, seed: int) -> None:
        self._space = Space()
        self._seed = seed
        self._count = 0
        with quiet_optuna():
            self._sampler = _Sampler(
                multivariate=True, group=True, constant_liar=True, n_startup_trials=initial_points, seed=seed
            )
            self._storage = optuna.storages.InMemoryStorage()
            self._study = optuna.create_study(
                storage=self._storage,
                sampler=self._sampler,
                direction="maximize" if direction == "max" else "minimize",
            )
        self._study_id = self._storage.get_study_id_from_name(self._study.study_name)

    def ask(self, space: Sequence[Any], *, draw: int) -> tuple[int, dict[str, Value]]:
        """Return a new running trial's number and its values for the active part of ``space``.

        The randomness is that of draw number ``draw``, whatever was asked before.
        """
        self._sampler.start_from(self._seed, draw)
        trial = self._study.ask()
        self._count += 1
        values: dict[str, Value] = {}
        for hyperparameter, known in zip(space, self._space.parameters(space), strict=True):
            if active(hyperparameter, values):
                values[hyperparameter.name] = hyperparameter.value if known is None else known.suggest(trial)
        return trial.number, values

    def add(self, space: Sequence[Any], values: Values) -> int:
        """Add a running trial with ``values``, which may have come from elsewhere; return its number."""
        params, distributions = self._represented(space, values)
        self._study.add_trial(
            optuna.trial.create_trial(state=TrialState.RUNNING, params=params, distributions=distributions)
        )
        self._count += 1
        return self._count - 1

    def withdraw(self, number: int) -> None:
        """Forget a trial that was asked for and will not run."""
        self._study.tell(number, state=TrialState.FAIL)

    def end(self, number: int, space: Sequence[Any], values: Values, *, score: float | None) -> None:
        """Tell what became of a running trial: its score, or None if it has none because it failed.

        Hyperparameters that the trial met only while it ran are taken from ``values``. A failed trial is *pruned*
        without a value: Optuna's sampler forgets failures, and would propose a region that cannot be built for ever;
        pruned trials without a value count as worse than every completed one.
        """
        self._complete(number, space, values)
        if score is None:
            self._study.tell(number, state=TrialState.PRUNED)
        else:
            self._study.tell(number, score)

    def _complete(self, number: int, space: Sequence[Any], values: Values) -> None:
        """Give the trial the values that it was not asked for."""
        trial_id = self._storage.get_trial_id_from_study_id_trial_number(self._study_id, number)
        asked = self._storage.get_trial(trial_id).params
        params, distributions = self._represented(space, values)
        for name in params.keys() - asked.keys():
            internal = distributions[name].to_internal_repr(params[name])
            self._storage.set_trial_param(trial_id, name, internal, distributions[name])

    def _represented(self, space: Sequence[Any], values: Values) -> tuple[dict[str, Any], dict[str, BaseDistribution]]:
        params: dict[str, Any] = {}
        distributions: dict[str, BaseDistribution] = {}
        for hyperparameter, known in zip(space, self._space.parameters(space), strict=True):
            if known is None or hyperparameter.name not in values or not active(hyperparameter, dict(values)):
                continue
            value = known.represent(values[hyperparameter.name])
            if value is not None:
                params[known.name], distributions[known.name] = value, known.distribution
        return params, distributions


class _Sampler(TPESampler):
    """Optuna's TPE, whose randomness and order of groups depend on nothing that a resumed study would not know."""

    def start_from(self, seed: int, draw: int) -> None:
        """Seed both generators, that of the first random points too."""
        first, second = np.random.SeedSequence([seed, draw]).generate_state(2)
        self._rng.rng.seed(int(first))
        self._random_sampler._rng.rng.seed(int(second))

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Infer as Optuna does, then order the groups: theirs is the order in which trials happened to end."""
        inferred = super().infer_relative_search_space(study, trial)
        if self._search_space_group is not None:
            self._search_space_group.search_spaces.sort(key=sorted)
        return inferred

    def _get_params(self, trial: FrozenTrial, study: optuna.Study) -> dict[str, Any]:
        """Return what the trial has: Optuna adds what it drew for groups that are inactive in a running trial."""
        return trial.params
