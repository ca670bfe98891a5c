"""An Optuna study that proposes values for a Keras Tuner space and is told what came of them.

Everything that it proposes follows from the seed, the number of draws and the trials it was told of: a study made again
from the same trials goes on alike. It lives in memory; writing things down is its owner's.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import optuna
from keras_tuner.engine.hyperparameters import HyperParameter
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.trial import TrialState

from search.oracles.distributions import Space
from search.oracles.optuna_internals import CANDIDATES, NotingSampler
from search.quiet import quiet_optuna
from search.space.declared import active, declared_value
from search.values import Values

_TPE: Final[dict[str, Any]] = {"multivariate": True, "group": True, "constant_liar": True, "n_startup_trials": 0}


class TPEStudy:
    """A study of one objective; ``direction`` is 'min' or 'max'. Trials are known by their numbers, from 0."""

    def __init__(self, *, direction: str, initial_points: int, seed: int) -> None:
        self._space = Space()
        self._seed, self._initial_points = seed, initial_points
        self._count = self._ended = 0
        self._storage = optuna.storages.InMemoryStorage()
        with quiet_optuna():
            self._study = optuna.create_study(
                storage=self._storage, direction="maximize" if direction == "max" else "minimize"
            )
        self._study_id = self._storage.get_study_id_from_name(self._study.study_name)

    def ask(self, space: Sequence[HyperParameter], *, draw: int) -> Values:
        """Return values for the active part of ``space``; to become a trial they are to be added.

        The randomness is that of draw number ``draw``, whatever was asked before.
        """
        self._study.sampler = self._sampler(draw)
        trial = self._study.ask()
        self._count += 1
        values: Values = {}
        for hyperparameter, known in zip(space, self._space.parameters(space), strict=True):
            if active(hyperparameter, values):
                value = hyperparameter.value if known is None else known.suggest(trial)
                values[hyperparameter.name] = declared_value(hyperparameter, value)
        # The trial asked for knows more than a resumed study would: what was drawn for inactive branches.
        self._study.tell(trial, state=TrialState.FAIL)
        return values

    def choose(self, space: Sequence[HyperParameter], pool: Sequence[Values], *, draw: int) -> int:
        """Return which of ``pool``, not empty, the sampler would try next: as `ask`, but none of them is in between.

        It draws as many of them as it draws candidates otherwise, each with the chance of one, and takes the best.
        """
        generator = np.random.default_rng([self._seed, draw])
        if self._ended < self._initial_points:
            return int(generator.integers(len(pool)))
        with quiet_optuna():
            sampler = NotingSampler(**_TPE, seed=self._seed)
        self._study.sampler = sampler
        asked = self._study.ask()
        self._count += 1
        has_learnt = bool(asked.relative_params)  # which are drawn when they are looked at, and the densities noted
        self._study.tell(asked, state=TrialState.FAIL)
        if not has_learnt:
            return int(generator.integers(len(pool)))
        good, poor = sampler.log_densities([self._represented(space, values) for values in pool])
        chances = np.exp(good - good.max())
        drawn = generator.choice(
            len(pool), size=min(CANDIDATES, int(np.count_nonzero(chances))), replace=False, p=chances / chances.sum()
        )
        return int(drawn[np.argmax((good - poor)[drawn])])

    def _sampler(self, draw: int) -> BaseSampler:
        """Return a new sampler: Optuna's generators can be given a seed only at their making."""
        first, second = (int(seed) for seed in np.random.SeedSequence([self._seed, draw]).generate_state(2))
        if self._ended < self._initial_points:
            return RandomSampler(seed=second)
        with quiet_optuna():
            return TPESampler(**_TPE, seed=first)

    def add(self, space: Sequence[HyperParameter], values: Values) -> int:
        """Add a running trial with ``values``, which may have come from elsewhere; return its number."""
        params, distributions = self._represented(space, values)
        self._study.add_trial(
            optuna.trial.create_trial(state=TrialState.RUNNING, params=params, distributions=distributions)
        )
        self._count += 1
        return self._count - 1

    def end(self, number: int, space: Sequence[HyperParameter], values: Values, *, score: float | None) -> None:
        """Tell what became of a running trial: its score, or None if it has none because it failed.

        Hyperparameters that the trial discovered only while it ran are taken from ``values``. A failed trial is
        *pruned* without a value: Optuna's sampler forgets failures, and would propose a region that cannot be built for
        ever; pruned trials without a value count as worse than every completed one.
        """
        self._complete(number, space, values)
        self._ended += 1
        if score is None:
            self._study.tell(number, state=TrialState.PRUNED)
        else:
            self._study.tell(number, score)

    def forget(self, number: int) -> None:
        """Let a running trial teach nothing: as *failed* in Optuna's words the sampler passes it over."""
        self._study.tell(number, state=TrialState.FAIL)

    def _complete(self, number: int, space: Sequence[HyperParameter], values: Values) -> None:
        """Give the trial the values that it was not asked for."""
        trial_id = self._storage.get_trial_id_from_study_id_trial_number(self._study_id, number)
        asked = self._storage.get_trial(trial_id).params
        params, distributions = self._represented(space, values)
        for name in params.keys() - asked.keys():
            internal = distributions[name].to_internal_repr(params[name])
            self._storage.set_trial_param(trial_id, name, internal, distributions[name])

    def _represented(
        self, space: Sequence[HyperParameter], values: Values
    ) -> tuple[Values, dict[str, BaseDistribution]]:
        params: Values = {}
        distributions: dict[str, BaseDistribution] = {}
        for hyperparameter, known in zip(space, self._space.parameters(space), strict=True):
            if known is None or hyperparameter.name not in values or not active(hyperparameter, values):
                continue
            value = known.represent(values[hyperparameter.name])
            if value is not None:
                params[known.name], distributions[known.name] = value, known.distribution
        return params, distributions
