import warnings

import keras_tuner
import numpy as np
import pytest
from search_tests.oracle_driving import made, resumed, run
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Matern

from search import BayesianOracle
from search.oracles.gaussian_process import Floats, Likelihood, Posterior, normalise
from search.oracles.length_scale import likeliest_length
from search.oracles.multistart import minimise
from search.testing.driving import begin
from search.testing.kinds import branched

NOISE = 1e-4


def observations(count: int, dimensions: int, *, seed: int = 1) -> tuple[Floats, Floats]:
    generator = np.random.default_rng(seed)
    points = generator.random((count, dimensions))
    return points, np.sin(4 * points).sum(axis=1) + generator.normal(scale=0.05, size=count)


def peer(points: Floats, targets: Floats, *, restarts: int) -> GaussianProcessRegressor:
    process = GaussianProcessRegressor(
        kernel=Matern(nu=2.5), n_restarts_optimizer=restarts, normalize_y=True, alpha=NOISE, random_state=1
    )
    with warnings.catch_warnings():
        # Its optimiser gives up line searches, and ends at bounds.
        warnings.simplefilter("ignore")
        return process.fit(points, targets)


def test_the_likelihood_is_scikit_learns() -> None:
    points, targets = observations(40, 3)
    process, ours = peer(points, targets, restarts=0), Likelihood(points, normalise(targets)[0], NOISE)
    for log_length in (-2.0, 0.0, 1.5):
        assert ours.value(log_length) == pytest.approx(process.log_marginal_likelihood([log_length]))


@pytest.mark.parametrize(("count", "dimensions"), [(12, 1), (60, 4), (150, 6), (200, 2)])
def test_the_length_scale_is_as_likely_as_scikit_learns(count: int, dimensions: int) -> None:
    points, targets = observations(count, dimensions)
    process = peer(points, targets, restarts=4)
    length = likeliest_length(points, targets, noise=NOISE)
    assert process.log_marginal_likelihood([np.log(length)]) >= process.log_marginal_likelihood_value_ - 1e-3


def test_equal_targets_and_repeated_points_are_no_trouble() -> None:
    points = np.repeat(np.array([[0.5, 0.5], [0.25, 0.75]]), 10, axis=0)
    posterior = Posterior.given(
        points, np.full(20, 3.0), length=likeliest_length(points, np.full(20, 3.0), noise=NOISE), noise=NOISE
    )
    mean, deviation = posterior.predict(np.array([[0.5, 0.5]]))
    assert mean[0] == pytest.approx(3.0)
    assert np.isfinite(deviation).all()


def test_predictions_are_scikit_learns() -> None:
    points, targets = observations(60, 4)
    process = peer(points, targets, restarts=2)
    ours = Posterior.given(points, targets, length=float(process.kernel_.length_scale), noise=NOISE)
    places = np.random.default_rng(2).random((20, 4))
    mean, deviation = process.predict(places, return_std=True)
    np.testing.assert_allclose(ours.predict(places)[0], mean, rtol=1e-6)
    np.testing.assert_allclose(ours.predict(places)[1], deviation, rtol=1e-5)


def test_the_criterions_gradient_is_its_slope() -> None:
    points, targets = observations(60, 4)
    posterior = Posterior.given(points, targets, length=0.8, noise=NOISE)
    places, change = np.random.default_rng(2).random((5, 4)), 1e-6 * np.eye(4)
    values, gradients = posterior.lower_bound_and_gradient(places, 2.6)
    np.testing.assert_allclose(values, posterior.lower_bound(places, 2.6))
    for dimension in range(4):
        after, before = (posterior.lower_bound(places + sign * change[dimension], 2.6) for sign in (1, -1))
        np.testing.assert_allclose(gradients[:, dimension], (after - before) / 2e-6, rtol=1e-4, atol=1e-6)


def test_minima_inside_and_on_the_bounds_are_found() -> None:
    centre = np.array([0.3, 1.7, -0.5])
    curvature = np.array([[4.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 100.0]])

    def bowl(points: Floats) -> tuple[Floats, Floats]:
        pulled = (points - centre) @ curvature
        return 0.5 * np.einsum("ij,ij->i", points - centre, pulled), pulled

    points, values = minimise(bowl, np.random.default_rng(1).random((20, 3)))
    # Held at 1 and 0; the first coordinate's optimum moves by 0.5 × 0.7 / 4.
    np.testing.assert_allclose(points[0], [0.3 + 0.0875, 1.0, 0.0], atol=1e-5)
    assert values.tolist() == sorted(values)


def test_every_running_trial_repels_even_one_that_is_no_longer_ongoing() -> None:
    oracle = made("bayesian", branched())
    run(oracle, 40)
    oracle.ongoing_trials.clear()
    again = resumed(oracle, "bayesian", branched())
    assert begin(oracle).hyperparameters.values == begin(again).hyperparameters.values
    running = [trial for trial in oracle.trials.values() if trial.status == "RUNNING"]
    done = [trial for trial in oracle.trials.values() if trial.status == "COMPLETED"]
    with_them, without = oracle._posterior(done, []), _posterior_without_running(oracle, done)
    places = oracle._encoded(running)
    assert (with_them.predict(places)[1] < without.predict(places)[1]).all()


def _posterior_without_running(oracle: keras_tuner.Oracle, done: list[object]) -> Posterior:
    lonely = made("bayesian", branched())
    lonely.trials = {trial.trial_id: trial for trial in oracle.trials.values() if trial in done}
    posterior: Posterior = lonely._posterior(done, [])
    return posterior


def test_the_parents_state_is_taken_too() -> None:
    parent = keras_tuner.oracles.BayesianOptimizationOracle(
        objective=keras_tuner.Objective("val_macro_f1", "max"), hyperparameters=branched(), seed=4
    )
    oracle = made("bayesian", branched())
    oracle.set_state(parent.get_state())
    assert oracle.seed == 4


def test_it_takes_the_parents_arguments() -> None:
    oracle = BayesianOracle(objective=keras_tuner.Objective("loss", "min"), beta=1.0, alpha=1e-3, num_initial_points=2)
    assert (oracle.beta, oracle.alpha, oracle.num_initial_points) == (1.0, 1e-3, 2)


def test_the_criterions_minimum_is_not_above_the_parents() -> None:
    hp = keras_tuner.HyperParameters()
    for name in "abc":
        hp.Float(name, 0.0, 1.0)
    points, targets = observations(30, 3)
    posterior = Posterior.given(points, targets, length=likeliest_length(points, targets, noise=NOISE), noise=NOISE)
    found = made("bayesian", hp).best_points(posterior)[1][0]
    everywhere = np.random.default_rng(3).random((20_000, 3))
    assert found <= posterior.lower_bound(everywhere, 2.6).min()


def test_of_a_large_space_no_more_is_drawn_at_random_than_for_tpe() -> None:
    space = keras_tuner.HyperParameters()
    for number in range(20):
        space.Float(f"x{number}", 0.0, 1.0)
    # A seed may be larger than NumPy's are.
    oracle = made("bayesian", space, seed=2**40)
    assert isinstance(oracle, BayesianOracle)
    assert oracle.num_initial_points == 10
