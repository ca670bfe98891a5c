import re
import shlex
from typing import Any, cast

import numpy as np
import pytest
from search_tests import examples

from cluster.jobs.settings import TrainSettings, commands
from search import SearchSettings, SearchSpecification, SettingsError


def specification(**settings: object) -> SearchSpecification:
    known = SearchSettings.model_validate({"name": "first", **settings})
    return examples.specification(known, dataset="/data/my galaxies")


def test_the_commands_have_every_setting_defaults_too() -> None:
    search, train = commands(
        specification(trials=7, max_parameters=10),
        TrainSettings(top=2, seeds=3, ensemble=True, epochs=30),
        storage="/runs",
    )
    words = shlex.split(search)
    assert words[:5] == ["galaxy", "search", "/data/my galaxies", "--name", "first"]
    given = dict(zip(words[5::2], words[6::2], strict=True))
    assert (given["--trials"], given["--epochs"], given["--oracle"], given["--seed"]) == ("7", "20", "tpe", "1")
    assert (given["--max-parameters"], given["--scheduler"], given["--storage"]) == ("10", "asha", "/runs")
    assert "--concurrency" not in given  # none was set
    assert train == "galaxy train first --top 2 --seeds 3 --epochs 30 --ensemble --storage /runs"


def test_a_time_is_written_as_it_is_read() -> None:
    search, _ = commands(specification(time_limit=5400.0), TrainSettings(epochs=1), storage="runs")
    assert "--time-limit 1h30m " in search
    _, train = commands(specification(), TrainSettings(time_limit=60.0, max_slower=4.0), storage="/runs")
    assert train == "galaxy train first --time-limit 1m --max-slower 4.0 --storage /runs"
    assert "--trials" not in search  # none was set


def test_an_object_stands_in_a_comment_and_its_command_is_refused_as_it_is() -> None:
    comment, search, _ = commands(specification(hypermodel="<build>"), TrainSettings(epochs=1), storage="runs")
    assert comment == "# <build> was an object in Python: put it in a module"
    assert "--hypermodel MODULE:OBJECT " in search


def test_points_stand_in_a_comment() -> None:
    comment, search, _ = commands(specification(points=({"blocks": 3},)), TrainSettings(epochs=1), storage="runs")
    assert comment == '# points.json: [{"blocks": 3}]'
    assert search.endswith("--try points.json")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"top": -1}, "top: expected a whole number ≥ 1, found -1"),
        ({"top": True}, "top: expected a whole number ≥ 1, found True"),
        ({"seeds": 0}, "seeds: expected a whole number ≥ 1, found 0"),
        ({"seeds": 1.5}, "seeds: expected a whole number ≥ 1, found 1.5"),
        ({"epochs": 0}, "epochs: expected a whole number ≥ 1, found 0"),
        ({"ensemble": "no"}, "ensemble: expected True or False, found 'no'"),
        ({"time_limit": "2m"}, "time_limit: expected a number of seconds above 0, found '2m'"),
        ({"time_limit": float("nan")}, "time_limit: expected a number of seconds above 0, found nan"),
        ({"time_limit": 60, "max_slower": 0.5}, "max_slower: expected a number ≥ 1, found 0.5"),
    ],
)
def test_what_makes_no_sense_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=f"^{re.escape(said)}$"):
        TrainSettings(**given).check()


def test_numbers_of_numpy_are_numbers() -> None:
    TrainSettings(top=cast("int", np.int64(2)), epochs=None, ensemble=True).check()
