"""Which oracle goes with which scheduler, and what hyperband makes of the settings."""

from pathlib import Path
from typing import Any

import keras_tuner
import pytest
from pydantic import ValidationError
from search_tests.oracle_driving import NAMES, OBJECTIVE

from search import SearchSettings, SettingsError, make_oracle
from search.compatibility import FACTOR, PAIRS, SCHEDULERS, check_compatible, hyperband_trials


def settings(**given: Any) -> SearchSettings:
    return SearchSettings.model_validate({"name": "first"} | given)


def test_every_oracle_has_its_schedulers() -> None:
    assert list(PAIRS) == [*NAMES, "module:factory"]
    with pytest.raises(SettingsError, match=f"expected one of {', '.join(NAMES)} or module:factory"):
        make_oracle("", hyperparameters=keras_tuner.HyperParameters(), objective=OBJECTIVE, max_trials=1, seed=1)


@pytest.mark.parametrize("scheduler", SCHEDULERS)
@pytest.mark.parametrize("oracle", [*PAIRS, "mine:make"])
def test_pairs_outside_the_table_are_refused_in_one_line(oracle: str, scheduler: str) -> None:
    known = settings(oracle=oracle, scheduler=scheduler)
    if scheduler in PAIRS.get(oracle, SCHEDULERS):
        known.check()
        return
    with pytest.raises(SettingsError, match=f"^--scheduler {scheduler} does not go with --oracle {oracle}, .*"):
        known.check()


def test_hyperband_takes_no_patience_and_no_scheduler_by_itself() -> None:
    settings(oracle="hyperband").check()
    with pytest.raises(SettingsError, match=r"^--patience 3 does not go with --oracle hyperband"):
        check_compatible("hyperband", "none", patience=3)
    check_compatible("tpe", "asha", patience=3)


def test_a_scheduler_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError, match="scheduler"):
        settings(scheduler="medain")


@pytest.mark.parametrize(
    ("given", "scheduler", "trials"),
    [
        ({}, "asha", 20),
        ({"oracle": "grid", "trials": 3}, "asha", 3),
        ({"oracle": "hyperband", "epochs": 4}, "none", 10),
        ({"oracle": "hyperband", "epochs": 9}, "none", 23),
        ({"oracle": "hyperband"}, "none", 30),
        ({"oracle": "hyperband", "epochs": 4, "trials": 6}, "none", 6),
        ({"trials": 60, "oracle": "hyperband", "epochs": 4}, "none", 10),
    ],
)
def test_what_is_not_given_follows_from_the_oracle(given: dict[str, Any], scheduler: str, trials: int) -> None:
    known = settings(**given)
    assert (known.scheduler, known.trials) == (scheduler, trials)
    assert SearchSettings.model_validate_json(known.model_dump_json()) == known


@pytest.mark.parametrize("max_epochs", [*range(1, 30), 81, 100, 243, 244])
def test_hyperbands_count_is_that_of_keras_tuner(max_epochs: int) -> None:
    oracle = keras_tuner.oracles.HyperbandOracle(
        objective=keras_tuner.Objective("score", "max"), max_epochs=max_epochs, factor=FACTOR
    )
    counted = sum(
        oracle._get_size(bracket, number)
        for bracket in range(oracle._get_num_brackets())
        for number in range(oracle._get_num_rounds(bracket))
    )
    assert hyperband_trials(max_epochs) == counted


def pairing_table() -> str:
    """Write `PAIRS` as a table in Markdown."""
    lines = [f"| | {' | '.join(f'`{name}`' for name in SCHEDULERS)} |", "| --- " * (len(SCHEDULERS) + 1) + "|"]
    for oracle, possible in PAIRS.items():
        cells = ["default" if name == possible[0] else "yes" if name in possible else "–" for name in SCHEDULERS]
        lines.append(f"| `{oracle}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def test_the_readme_shows_the_table() -> None:
    assert pairing_table() in Path(__file__).parents[2].joinpath("README.md").read_text()
