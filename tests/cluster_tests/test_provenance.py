import shlex

from cluster.jobs.provenance import commands
from cluster.jobs.settings import TrainSettings
from search import SearchSettings, SearchSpecification


def specification(**settings: object) -> SearchSpecification:
    return SearchSpecification(
        format="galaxy-tuner-search/1",
        settings=SearchSettings.model_validate({"name": "first", **settings}),
        objective_name="val_macro_f1",
        objective_direction="max",
        dataset="/data/my galaxies",
        fingerprint="0" * 64,
        classes=("a", "b"),
        image_shape=(64, 64, 3),
        created="2026-01-02T03:00:00.000+00:00",
        versions={},
    )


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


def test_points_stand_in_a_comment() -> None:
    comment, search, _ = commands(specification(points=({"blocks": 3},)), TrainSettings(epochs=1), storage="runs")
    assert comment == '# points.json: [{"blocks": 3}]'
    assert search.endswith("--try points.json")
