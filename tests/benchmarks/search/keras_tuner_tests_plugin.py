"""What pytest loads to run Keras Tuner's own tests: its modules by the names of its repository, ours in place of some.

``$OURS`` names the class that takes a place, none if it is empty; outcomes are written to ``$OUTCOMES``, as JSON.
"""

import importlib
import json
import os
import pkgutil
import sys
from pathlib import Path

import keras_tuner
import keras_tuner.src
import pytest

import search
from search.space.typed_space import TypedSpace

# What of Keras Tuner's each of ours stands for; where `Oracle` itself is tested, any stands for that.
PLACES = {
    "BayesianOracle": ("keras_tuner.src.tuners.bayesian", "BayesianOptimizationOracle"),
    "GridOracle": ("keras_tuner.src.tuners.gridsearch", "GridSearchOracle"),
    "HyperbandOracle": ("keras_tuner.src.tuners.hyperband", "HyperbandOracle"),
    "RandomOracle": ("keras_tuner.src.tuners.randomsearch", "RandomSearchOracle"),
    "TypedSpace": ("keras_tuner.src.engine.hyperparameters", "HyperParameters"),
}
ORACLE = ("keras_tuner.src.engine.oracle", "Oracle")
_outcomes: dict[str, str] = {}


def pytest_configure(config: pytest.Config) -> None:
    for found in pkgutil.walk_packages(keras_tuner.src.__path__, "keras_tuner.src."):
        if "protos.v" in found.name:  # of several versions of protobuf one alone can be imported
            continue
        module = importlib.import_module(found.name)
        name = found.name.replace(".src.", ".", 1)
        sys.modules[name] = module
        setattr(sys.modules[name.rpartition(".")[0]], name.rpartition(".")[2], module)
    ours = os.environ["OURS"]
    if ours:
        tests_oracle = config.args[0].endswith("oracle_test.py")
        substitute = TypedSpace if ours == "TypedSpace" else getattr(search, ours)
        module_name, name = ORACLE if tests_oracle else PLACES[ours]
        setattr(sys.modules[module_name], name, unlimited(substitute) if tests_oracle else substitute)
        if not tests_oracle and hasattr(keras_tuner.oracles, name):
            setattr(keras_tuner.oracles, name, substitute)


def unlimited(kind: type[keras_tuner.Oracle]) -> type[keras_tuner.Oracle]:
    """Return ``kind`` with the default of `Oracle`, which makes any number of trials."""

    class Unlimited(kind):  # type: ignore[misc,valid-type]
        def __init__(self, **arguments: object) -> None:
            super().__init__(**arguments)
            self.max_trials = None

    return Unlimited


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    # A test that passes has a report of its preparation and one of its end, too.
    if report.when == "call" or not report.passed:
        _outcomes[report.nodeid.rpartition("::")[2]] = report.outcome


def pytest_sessionfinish() -> None:
    Path(os.environ["OUTCOMES"]).write_text(json.dumps(_outcomes))
