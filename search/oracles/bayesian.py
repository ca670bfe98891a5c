"""Bayesian optimisation as Keras Tuner does it, with the same model and criterion, in a fraction of its time."""

import functools

import keras_tuner
import numpy as np
from keras_tuner.engine.trial import Trial, TrialStatus
from threadpoolctl import ThreadpoolController

from search.oracles.encoding import Encoding
from search.oracles.gaussian_process import Floats, Posterior
from search.oracles.keras_tuner_internals import is_tried
from search.oracles.length_scale import likeliest_length
from search.oracles.multistart import minimise
from search.oracles.random_search import Response, respond, untried_of_pool, untried_values
from search.oracles.space_updates import is_outside
from search.oracles.typed_oracle import TypedOracle
from search.values import JsonObject, Values

# Finding the loaded libraries takes longer than limiting them.
_blas = functools.cache(ThreadpoolController)
_FEWEST_SCORES = 3
_STARTS = 50
_CANDIDATES = 200
_CLIMBERS, _CHANGES, _KEPT = 10, 20, 200
"""Points from which choices are changed, how often at most, and how many points of each round are kept."""
_LOWER = 1e-9


class BayesianOracle(TypedOracle, keras_tuner.oracles.BayesianOptimizationOracle):  # type: ignore[misc]
    """Drop-in for `keras_tuner.oracles.BayesianOptimizationOracle`, with its arguments.

    A Gaussian process (Matérn 5/2) is fitted to the completed trials and the lower confidence bound
    mean − ``beta`` × deviation minimised over the unit box, as there; fit and search follow analytic gradients, for all
    starts at once. It differs from its parent in that:

    - every running trial is given a pessimistic result (mean + deviation), also one missing from ``ongoing_trials``;
      a failed one counts as no better than the worst; such results never shape the length scale;
    - the values of a choice without order are all equally far apart (see `search.oracles.encoding`), not on a line;
    - no two trials share their values: the best point that rounds to new values is taken;
    - ``get_state`` holds the random generator: an oracle that is resumed goes on as if it had not been interrupted.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._generator = np.random.RandomState(self.seed)
        self._vectors: dict[str, tuple[int, list[float]]] = {}
        self._known: Encoding | None = None

    def populate_space(self, trial_id: str) -> Response:
        """Return the next values and their status: RUNNING, or STOPPED when no untried values are left."""
        # More threads make matrices of this size no faster, and take the cores from the trials that run.
        with _blas().limit(limits=1, user_api="blas"):
            values = self._proposed_values()
        return respond(values or untried_values(self))

    def get_state(self) -> JsonObject:
        """Return what `set_state` needs beside the trials, as JSON takes it."""
        generator = self._generator.get_state(legacy=False)
        generator["state"] = {"key": generator["state"]["key"].tolist(), "pos": int(generator["state"]["pos"])}
        state: JsonObject = super().get_state()
        return state | {"random_state": generator}

    def set_state(self, state: JsonObject) -> None:
        """Continue from ``state``; a state of the parent class, which has no generator, is taken too."""
        super().set_state(state)
        self._vectors.clear()
        if "random_state" in state:
            key = np.array(state["random_state"]["state"]["key"], dtype=np.uint32)
            inner = {"key": key, "pos": state["random_state"]["state"]["pos"]}
            self._generator.set_state(state["random_state"] | {"state": inner})

    def _proposed_values(self) -> Values | None:
        """Return the values at the criterion's best point that are new; None while there is too little to go by."""
        done, failed = self._with(TrialStatus.COMPLETED), self._with(TrialStatus.FAILED)
        # As in the parent class, which however learns nothing from failures.
        fewest = self.num_initial_points or max(3 * len(self.hyperparameters.space), 3)
        # Fewer scores tell no length scale, and without one failures say nothing of what is near them.
        if len(done) < min(fewest, _FEWEST_SCORES) or len(done) + len(failed) < fewest:
            return None
        if not self._encoding().dimensions:
            return None
        posterior, pool = self._posterior(done, failed), untried_of_pool(self)
        if pool is not None:
            return pool[int(np.argmin(posterior.lower_bound(self._placed(pool), self.beta)))] if pool else None
        points, _ = self.best_points(posterior)
        for point in points:
            values = self._encoding().values(point)
            if not is_tried(self, values):
                return values
        return None

    def _with(self, status: str) -> list[Trial]:
        """Return the trials of a status, but for those outside of a space edited since: they have no values."""
        return [trial for trial in self.trials.values() if trial.status == status and not is_outside(trial)]

    def _posterior(self, done: list[Trial], failed: list[Trial]) -> Posterior:
        """Fit to the trials ``done``, then take for granted that ``failed`` ones are bad, and running ones may be."""
        sign = -1.0 if self.objective.direction == "max" else 1.0
        points = self._encoded(done)
        # Infinite scores are taken for 0, as in the parent class.
        targets = np.nan_to_num(np.array([sign * trial.score for trial in done], dtype=float), posinf=0, neginf=0)
        length = likeliest_length(points, targets, noise=self.alpha)
        if failed:
            # Without a trace of them the optimum would stay where it is, and fail for ever.
            points = np.concatenate([points, self._encoded(failed)])
            targets = np.concatenate([targets, np.full(len(failed), targets.max())])
        posterior = Posterior.given(points, targets, length=length, noise=self.alpha)
        running = self._with(TrialStatus.RUNNING)
        if not running:
            return posterior
        places = self._encoded(running)
        mean, deviation = posterior.predict(places)
        return Posterior.given(
            np.concatenate([points, places]),
            np.concatenate([targets, mean + deviation]),
            length=length,
            noise=self.alpha,
        )

    def best_points(self, posterior: Posterior) -> tuple[Floats, Floats]:
        """Return local minima of the lower confidence bound, points (k, d) and values (k,), the lowest first."""
        encoding = self._encoding()

        def bound(points: Floats) -> tuple[Floats, Floats]:
            values, gradients = posterior.lower_bound_and_gradient(points, self.beta)
            return values, encoding.held(gradients)

        points, values = minimise(bound, encoding.chosen(self._starts(posterior)))
        return self._with_other_choices(posterior, points, values) if encoding.choices else (points, values)

    def _with_other_choices(self, posterior: Posterior, points: Floats, values: Floats) -> tuple[Floats, Floats]:
        """Change choices without order, one at a time, for as long as that lowers the bound of the lowest points."""
        encoding, known, lowest = self._encoding(), values, points[:_CLIMBERS]
        for _ in range(_CHANGES):
            others = encoding.neighbours(lowest)
            bounds = posterior.lower_bound(others, self.beta)
            best = np.argsort(bounds, kind="stable")
            is_better = len(best) > 0 and bounds[best[0]] < known.min() - _LOWER
            points, known = (
                np.concatenate([points, others[best[:_KEPT]]]),
                np.concatenate([known, bounds[best[:_KEPT]]]),
            )
            if not is_better:
                break
            lowest = others[best[:_CLIMBERS]]
        order = np.argsort(known, kind="stable")
        return points[order], known[order]

    def _starts(self, posterior: Posterior) -> Floats:
        """Return 50 uniform starts, as the parent class has, and the best 50 of many candidates.

        A third of the candidates is uniform, a third are corners, where the deviation is greatest, and a third lies
        around the best points seen.
        """
        generator, dimensions = self._generator, posterior.points.shape[1]
        uniform = generator.uniform(size=(_STARTS, dimensions))
        elsewhere = generator.uniform(size=(_CANDIDATES, dimensions))
        corners = generator.uniform(size=(_CANDIDATES, dimensions)).round()
        lowest = posterior.points[np.argsort(posterior.targets, kind="stable")[:10]]
        around = lowest[np.arange(_CANDIDATES) % len(lowest)] + generator.normal(scale=0.1, size=elsewhere.shape)
        candidates = np.concatenate([elsewhere, corners, np.clip(around, 0.0, 1.0)])
        best = np.argsort(posterior.lower_bound(candidates, self.beta), kind="stable")[:_STARTS]
        return np.concatenate([uniform, candidates[best]])

    def _encoding(self) -> Encoding:
        """Return how the space is encoded, made once for each size that it has had: it only grows."""
        if self._known is None or len(self._known.space) != len(self.hyperparameters.space):
            self._known = Encoding(self.hyperparameters.space)
        return self._known

    def _placed(self, pool: list[Values]) -> Floats:
        """Return configurations as points of the unit box, (n, d)."""
        points: Floats = np.nan_to_num(np.array([self._encoding().point(values) for values in pool], dtype=float))
        return points

    def _encoded(self, trials: list[Trial]) -> Floats:
        """Return the trials' values in the unit box, (n, d)."""
        vectors: Floats = np.nan_to_num(np.array([self._vector(trial) for trial in trials], dtype=float))
        return vectors

    def _vector(self, trial: Trial) -> list[float]:
        """Encode one trial, once for each size the space has had: values never change."""
        encoding = self._encoding()
        size, vector = self._vectors.get(trial.trial_id, (-1, []))
        if size != len(encoding.space):
            vector = encoding.point(trial.hyperparameters.values)
            # A running trial may still discover new hyperparameters.
            if trial.status != TrialStatus.RUNNING:
                self._vectors[trial.trial_id] = len(encoding.space), vector
        return vector
