from pathlib import Path

import pytest
import typer

from ui.cli.configuration import configure, number_of


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


@pytest.mark.parametrize(
    ("key", "expected"),
    [(key, "a whole number") for key in ("trials", "epochs", "seed", "patience", "max_failures", "concurrency")]
    + [("cpus_per_trial", "a whole number"), ("max_parameters", "a whole number"), ("gpus_per_trial", "a number")],
)
def test_a_truth_is_no_number(toml: Path, key: str, expected: str) -> None:
    toml.write_text(f"{key} = true\n")
    with pytest.raises(typer.BadParameter, match=f"^expected {expected}, found true$"):
        configure({"name": "a"}, toml)


def test_a_truth_is_a_truth(toml: Path) -> None:
    toml.write_text("cpu_nodes_too = true\ntrials = 8.0\n")
    settings, _ = configure({"name": "a"}, toml)
    assert (settings.cpu_nodes_too, settings.trials) == (True, 8)


def test_a_mark_of_the_encoding_does_not_matter(toml: Path, tmp_path: Path) -> None:
    (tmp_path / "points.json").write_text('{"blocks": 3}', encoding="utf-8-sig")
    toml.write_text("trials = 3\n", encoding="utf-8-sig")
    settings, _ = configure({"name": "a", "points": [tmp_path / "points.json"]}, toml)
    assert (settings.trials, settings.points) == (3, ({"blocks": 3},))


@pytest.mark.parametrize("many", [False, True])
def test_the_file_names_points_as_the_command_line_does(toml: Path, tmp_path: Path, many: bool) -> None:
    file = tmp_path / "points.json"
    file.write_text('{"blocks": 3}')
    toml.write_text(f"try = {[str(file)] * 2 if many else str(file)!r}\n")
    assert configure({"name": "a"}, toml)[0].points == ({"blocks": 3},) * (2 if many else 1)
    other = tmp_path / "other.json"
    other.write_text('{"blocks": 4}')
    assert configure({"name": "a", "points": [other]}, toml)[0].points == ({"blocks": 4},)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("try = 3", "expected the name of a JSON file, or a list of such, found 3"),
        ("try = 'none.json'", "expected JSON such as"),
        ("try = 'a.json'\npoints = []", "found both try and points"),
    ],
)
def test_what_names_no_points_is_refused(toml: Path, text: str, said: str) -> None:
    toml.write_text(text)
    with pytest.raises(typer.BadParameter, match=said):
        configure({"name": "a"}, toml)


def test_a_number_of_a_fit_may_stand_in_the_file(toml: Path) -> None:
    toml.write_text("max_slower = 4\n")
    assert configure({"name": "a"}, toml, without=("max_slower",))[0].trials == 20
    assert number_of("max_slower", None, toml, least=1) == 4.0
    assert number_of("max_slower", 2.0, toml, least=1) == 2.0
    assert number_of("max_slower", None, None, least=1) is None
    with pytest.raises(typer.BadParameter, match="unknown key 'max_slower'"):
        configure({"name": "a"}, toml)


@pytest.mark.parametrize("value", ["0.5", "true", "nan", "'4'", "[4]"])
def test_what_is_no_such_number_is_refused(toml: Path, value: str) -> None:
    toml.write_text(f"max_slower = {value}\n")
    with pytest.raises(typer.BadParameter, match="expected a number ≥ 1, found "):
        number_of("max_slower", None, toml, least=1)
