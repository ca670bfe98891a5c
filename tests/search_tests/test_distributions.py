import keras_tuner
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from search.oracles.distributions import Parameter, Space, parameter


def only(declare: str, *args: object, **kwargs: object) -> Parameter:
    hp = keras_tuner.HyperParameters()
    getattr(hp, declare)("h", *args, **kwargs)
    found = parameter("h", hp.space[0])
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("declared", "distribution"),
    [
        (only("Int", 1, 5), IntDistribution(1, 5)),
        (only("Int", 32, 250, step=32), IntDistribution(32, 224, step=32)),
        (only("Int", 1, 1000, sampling="log"), IntDistribution(1, 1000, log=True)),
        (only("Int", 2, 32, step=2, sampling="log"), IntDistribution(0, 4)),
        (only("Float", 0.0, 1.0), FloatDistribution(0.0, 1.0)),
        (only("Float", 0.0, 1.0, step=0.25), IntDistribution(0, 4)),
        (only("Float", 1e-4, 1e-1, sampling="log"), FloatDistribution(1e-4, 1e-1, log=True)),
        (only("Float", 1e-3, 10, step=10, sampling="log"), IntDistribution(0, 4)),
        (only("Float", 0.9, 0.999, sampling="reverse_log"), FloatDistribution(0.0, 1.0)),
        (only("Choice", [16, 64, 32]), IntDistribution(0, 2)),
        (only("Choice", [16, 64, 32], ordered=False), CategoricalDistribution((16, 64, 32))),
        (only("Choice", ["max", "average"]), CategoricalDistribution(("max", "average"))),
        (only("Boolean"), CategoricalDistribution((False, True))),
    ],
)
def test_each_kind_has_its_distribution(
    declared: Parameter, distribution: optuna.distributions.BaseDistribution
) -> None:
    assert declared.distribution == distribution


@pytest.mark.parametrize(
    "declared",
    [
        only("Int", 32, 250, step=32),
        only("Int", 1, 1000, sampling="log"),
        only("Int", 2, 32, step=2, sampling="log"),
        only("Float", 0.0, 0.9, step=0.1),
        only("Float", 1e-4, 1e-1, sampling="log"),
        only("Float", 0.9, 0.999, sampling="reverse_log"),
        only("Choice", [16, 64, 32]),
        only("Choice", ["max", "average"]),
        only("Boolean"),
    ],
)
def test_what_is_suggested_is_represented_as_it_was(declared: Parameter) -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    for _ in range(20):
        trial = study.ask()
        value = declared.suggest(trial)
        assert declared.represent(value) == pytest.approx(trial.params["h"])
        if declared.steps is not None:
            assert value in tuple(declared.hyperparameter.values)


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        (only("Int", 32, 250, step=32), 40),
        (only("Int", 32, 250, step=32), 250),
        (only("Float", 0.0, 1.0), 1.5),
        (only("Float", 0.0, 0.9, step=0.1), 0.25),
        (only("Choice", ["max", "average"]), "none"),
    ],
)
def test_a_value_outside_is_left_out(declared: Parameter, value: float | str) -> None:
    assert declared.represent(value) is None


def test_a_fixed_hyperparameter_is_not_asked_for() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Fixed("classes", 5)
    assert Space().parameters(hp.space) == [None]


def test_one_name_under_two_conditions_is_two_parameters() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Choice("kind", ["a", "b"])
    hp.Int("size", 1, 5, parent_name="kind", parent_values=["a"])
    space = Space()
    assert [one.name for one in space.parameters(hp.space) if one] == ["kind", "size"]
    hp.Choice("size", [100, 200], parent_name="kind", parent_values=["b"])
    assert [one.name for one in space.parameters(hp.space) if one] == ["kind", "size", "size#2"]
