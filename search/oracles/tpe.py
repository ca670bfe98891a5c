"""Tree-structured Parzen estimators for Keras Tuner: Optuna's sampler behind a real Keras Tuner oracle."""

import keras_tuner
from keras_tuner.engine.trial import Trial, TrialStatus

from search.oracles.keras_tuner_internals import is_tried
from search.oracles.random_search import Response, respond, untried_of_pool, untried_values
from search.oracles.tpe_study import TPEStudy
from search.oracles.typed_oracle import TypedOracle
from search.values import JsonObject, Values

# A draw of the sampler costs tens of milliseconds; in a space nearly used up it rarely yields something new.
_DRAWS = 8


class TPEOracle(TypedOracle):
    """Proposes values by Optuna's multivariate TPE, one group of hyperparameters for each branch of the space.

    Bergstra et al., Algorithms for hyper-parameter optimization (2011); Falkner, Klein and Hutter, BOHB (2018), for the
    multivariate form. Running trials count as poor ones (the *constant liar*), so that parallel trials spread out.

    ``num_initial_points``: trials drawn at random before the sampler learns. The other arguments are
    `keras_tuner.Oracle`'s. Only active hyperparameters get values; no two trials share their values; the status is
    STOPPED when the space is exhausted. A failed trial counts as worse than every completed one, and one that the time
    has cut before it had a score for nothing.
    """

    def __init__(
        self,
        objective: keras_tuner.Objective | str | None = None,
        max_trials: int | None = 10,
        num_initial_points: int = 10,
        seed: int | None = None,
        hyperparameters: keras_tuner.HyperParameters | None = None,
        **kwargs: object,
    ) -> None:
        super().__init__(
            objective=objective, max_trials=max_trials, hyperparameters=hyperparameters, seed=seed, **kwargs
        )
        self.num_initial_points = num_initial_points
        self._draws = 0
        self._forget()

    def populate_space(self, trial_id: str) -> Response:
        """Return the next values and their status: RUNNING, or STOPPED when no untried values are left."""
        study, space = self._informed_study(), self.hyperparameters.space
        pool = untried_of_pool(self)
        values = self._drawn(study) if pool is None else self._chosen(study, pool)
        if values is not None:
            self._numbers[trial_id] = study.add(space, values)
        return respond(values)

    def _drawn(self, study: TPEStudy) -> Values | None:
        for _ in range(_DRAWS):
            drawn = study.ask(self.hyperparameters.space, draw=self._draws)
            self._draws += 1
            if not is_tried(self, drawn):
                return drawn
        return untried_values(self)

    def _chosen(self, study: TPEStudy, pool: list[Values]) -> Values | None:
        if not pool:
            return None
        self._draws += 1
        return pool[study.choose(self.hyperparameters.space, pool, draw=self._draws - 1)]

    @keras_tuner.synchronized  # type: ignore[untyped-decorator]
    def end_trial(self, trial: Trial) -> None:
        """Take in an ended trial, as `keras_tuner.Oracle.end_trial` does, and let the sampler learn from it."""
        super().end_trial(trial)
        if trial.trial_id in self._numbers:
            self._end(self.trials[trial.trial_id])

    def leave_out(self, trial_id: str) -> None:
        """Let the sampler forget a trial that nothing will be known of."""
        if trial_id in self._numbers:
            self._end(self.trials[trial_id])

    def update_space(self, hyperparameters: keras_tuner.HyperParameters) -> None:
        """Add new hyperparameters; the sampler then learns from all trials again, which have values for them now."""
        size = len(self.hyperparameters.space)
        super().update_space(hyperparameters)
        if len(self.hyperparameters.space) > size:
            self._forget()

    def get_state(self) -> JsonObject:
        """Return what `set_state` needs beside the trials, as JSON takes it."""
        state: JsonObject = super().get_state()
        return state | {"num_initial_points": self.num_initial_points, "draws": self._draws}

    def set_state(self, state: JsonObject) -> None:
        """Continue from ``state``. ``trials`` are set before; the sampler learns from them all again."""
        super().set_state(state)
        self.num_initial_points, self._draws = state["num_initial_points"], state["draws"]
        self._forget()

    def _forget(self) -> None:
        self._study: TPEStudy | None = None
        self._numbers: dict[str, int] = {}

    def _informed_study(self) -> TPEStudy:
        """Return the study, told of every trial: those of a resumed oracle, too, and those that others put in."""
        if self._study is None:
            self._study = TPEStudy(
                direction=self.objective.direction, initial_points=self.num_initial_points, seed=self.seed
            )
        if len(self._numbers) < len(self.trials):
            # In the order of their start, as at the first time: Optuna weighs trials by their age.
            for trial_id in dict.fromkeys([*self.start_order, *self.trials]):
                if trial_id not in self._numbers:
                    trial = self.trials[trial_id]
                    number = self._study.add(self.hyperparameters.space, trial.hyperparameters.values)
                    self._numbers[trial_id] = number
                    self._end(trial)
        return self._study

    def _end(self, trial: Trial) -> None:
        """Tell the study of a trial that has ended for good: not of one that will be tried again."""
        if self._study is None:
            return
        if trial.status == TrialStatus.STOPPED:  # cut by the time: see `search.oracles.leaving_out`
            self._study.forget(self._numbers[trial.trial_id])
        if trial.status not in (TrialStatus.COMPLETED, TrialStatus.FAILED):
            return
        self._study.end(
            self._numbers[trial.trial_id],
            self.hyperparameters.space,
            trial.hyperparameters.values,
            score=trial.score if trial.status == TrialStatus.COMPLETED else None,
        )
