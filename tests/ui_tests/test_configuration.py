from pathlib import Path

import pytest
import typer

from ui.cli.configuration import configure


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    file = tmp_path / "search.toml"
    file.write_text('name = "from-file"\ntrials = 7\nstorage = "s3://bucket/runs"\ncpus_per_trial = 2\n')
    return file


def test_defaults_without_a_file() -> None:
    settings, place = configure({"name": "first", "trials": None}, None)
    assert (settings.name, settings.trials) == ("first", 20)
    assert (place.storage, place.address) == ("runs", "local")


def test_the_file_wins_over_defaults(toml: Path) -> None:
    settings, place = configure({"name": None, "storage": None}, toml)
    assert (settings.name, settings.trials, settings.epochs) == ("from-file", 7, 20)
    assert (settings.cpus_per_trial, place.storage) == (2, "s3://bucket/runs")


def test_the_command_line_wins_over_the_file(toml: Path) -> None:
    settings, place = configure({"name": "given", "trials": 3, "storage": "here"}, toml)
    assert (settings.name, settings.trials, place.storage) == ("given", 3, "here")


def test_a_time_in_the_file_is_written_as_on_the_command_line(toml: Path) -> None:
    toml.write_text('time_limit = "30m"\n')
    settings, _ = configure({"name": "a"}, toml)
    assert (settings.time_limit, settings.trials) == (1800.0, None)
    assert configure({"name": "a", "time_limit": 90.0}, toml)[0].time_limit == 90.0


@pytest.mark.parametrize("gpus", [0.0, 0.0001, 0.25, 0.5, 1.0, 2.0, 8.0])
def test_whole_gpus_and_parts_of_one_are_taken(gpus: float) -> None:
    assert configure({"name": "a", "gpus_per_trial": gpus}, None)[0].gpus_per_trial == gpus


def test_zero_on_the_command_line_counts_as_given(toml: Path) -> None:
    toml.write_text("max_failures = 5\n")
    assert configure({"name": "a", "max_failures": 0}, toml)[0].max_failures == 0


def test_an_unknown_key_names_the_nearest(toml: Path) -> None:
    toml.write_text("trails = 3\n")
    with pytest.raises(typer.BadParameter, match=r"search\.toml: unknown key 'trails'; the nearest is 'trials'"):
        configure({"name": "a"}, toml)


def test_any_unknown_key_has_a_nearest(toml: Path) -> None:
    toml.write_text("zzzz = 3\n")
    with pytest.raises(typer.BadParameter, match="unknown key 'zzzz'; the nearest is '"):
        configure({"name": "a"}, toml)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("trials = 0\n", "expected 1 or more, found 0"),
        ('trials = "many"\n', "expected a whole number, found 'many'"),
        ("storage = 3\n", "expected text, found 3"),
        *(
            (f"gpus_per_trial = {gpus}\n", "expected a whole number of GPUs, or a part of one, 0.0001 at least, found")
            for gpus in ("1.5", "inf", "1e-9", "2.0001")
        ),
        ("gpus_per_trial = -1\n", "expected 0 or more, found -1"),
        ("gpus_per_trial = nan\n", "expected 0 or more, found nan"),
        ("time_limit = 30\n", "expected a time above 0 .* found '30': write 30s, 30m, 30h"),
        ("trials = \n", r"search\.toml: Invalid value"),
    ],
)
def test_a_wrong_value_says_what_was_found(toml: Path, content: str, message: str) -> None:
    toml.write_text(content)
    with pytest.raises(typer.BadParameter, match=message):
        configure({"name": "a"}, toml)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter, match=r"absent\.toml: .*No such file"):
        configure({"name": "a"}, tmp_path / "absent.toml")


def test_a_search_needs_a_name() -> None:
    with pytest.raises(typer.BadParameter, match="a search needs a name: --name NAME"):
        configure({"name": None}, None)


def test_a_name_that_cannot_be_a_folder() -> None:
    with pytest.raises(typer.BadParameter, match=r"search name .* got '\.\./elsewhere'"):
        configure({"name": "../elsewhere"}, None)
