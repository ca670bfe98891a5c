import re
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner
from ui_tests.conftest import Galaxy

from cluster import TrainSettings
from datasets import ImportOptions
from search import SearchSettings
from ui.cli.main import app

COMMANDS = (
    "sample",
    "import",
    "info",
    "search",
    "resume",
    "stop",
    "searches",
    "fit",
    "leaderboard",
    "watch",
    "train",
    "evaluate",
    "classify",
    "export",
    "card",
    "count",
    "ui",
    "delete",
    "rename",
    "doctor",
)
GROUPS = ("cluster",)


def words(text: str) -> str:
    """Return a help text without its boxes and line breaks."""
    return " ".join(re.sub("[│╭╮╰╯─]", " ", text).split())


def test_the_help_lists_every_command_in_the_order_of_the_journey(galaxy: Galaxy) -> None:
    shown = galaxy("--help")
    assert shown.exit_code == 0
    assert re.findall(r"^│ (\w+) {2,}\w", shown.stdout, re.MULTILINE) == [*COMMANDS, *GROUPS]


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_an_example_and_the_common_options(galaxy: Galaxy, command: str) -> None:
    shown = words(galaxy(command, "--help").stdout)
    assert f"Example galaxy {command} " in shown
    assert "--json" in shown
    assert "--debug" in shown


@pytest.mark.parametrize(
    "command", ["resume", "stop", "searches", "leaderboard", "watch", "train", "ui", "delete", "rename"]
)
def test_storage_is_runs_by_default(galaxy: Galaxy, command: str) -> None:
    assert re.search(r"--storage URI .*?\[default: runs\]", words(galaxy(command, "--help").stdout))


@pytest.mark.parametrize("field", list(SearchSettings.model_fields))
def test_every_setting_of_a_search_is_an_option_that_shows_its_default(galaxy: Galaxy, field: str) -> None:
    shown = words(galaxy("search", "--help").stdout)
    option = "--try " if field == "points" else f"--{field.replace('_', '-')} "
    assert option in shown
    default = getattr(SearchSettings(name="first"), field)
    if not SearchSettings.model_fields[field].is_required() and default not in (None, (), False):
        expected = f"{default:g}" if isinstance(default, float) else str(default)
        said = shown.split(option)[1].split("[default: ")[1].split("]")[0]
        assert said.partition(", with")[0] == expected


@pytest.mark.parametrize(("command", "settings"), [("import", ImportOptions), ("train", TrainSettings)])
def test_every_setting_is_an_option_with_its_default(galaxy: Galaxy, command: str, settings: type) -> None:
    shown = words(galaxy(command, "--help").stdout)
    for field in fields(settings):
        text = shown.split(f"--{field.name.replace('_', '-')} ")[1].split("--")[0]
        if isinstance(field.default, str | float) and not isinstance(field.default, bool):
            assert f"[default: {field.default:{'g' if isinstance(field.default, float) else ''}}]" in text


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("serch",), "no such command 'serch'. Did you mean 'search', 'searches'? (see `galaxy --help`)"),
        (("info",), "missing argument 'DATASET' (see `galaxy info --help`)"),
        (("import",), "missing 'SOURCE' and 'DATASET' (or --dry-run) (see `galaxy import --help`)"),
        (("import", "a"), "missing argument 'DATASET' (or --dry-run) (see"),
        (("fit",), "missing 'DATASET', '--name' (or --config) and '--time-limit' (or --config) (see"),
        (("fit", "d", "--name", "x"), "missing option '--time-limit' (or --config) (see"),
        (("rename",), "missing 'NAME' and 'NEW' (see"),
        (("train", "x", "--top"), "option '--top' requires an argument (see `galaxy train --help`)"),
        (("sample", "x", "--count", "100"), "invalid value for '--count': expected 250 or more, found 100 (see"),
        (("search", "d", "--trails", "3"), "no such option: --trails"),
        (("sample", "x", "--count", "many"), "invalid value for '--count': expected a whole number, found 'many'"),
        (("import", "a", "b", "--crop", "0"), "expected a fraction above 0 and at most 1, found 0"),
        (("classify", "m", "a.jpg", "--crop", "1.5"), "expected a fraction above 0 and at most 1, found 1.5"),
        (("evaluate", "m", "d", "--split", "half"), "'half' is not one of 'train', 'validation', 'test', 'all'"),
        (("leaderboard", "first", "--csv", "--json"), "choose one of --csv and --json"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(galaxy: Galaxy, arguments: tuple[str, ...], line: str) -> None:
    result = galaxy(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("galaxy: error: ")
    assert line in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "command", [(), *((each,) for each in COMMANDS), ("cluster",), ("cluster", "check"), ("cluster", "token")]
)
def test_help_is_plain_and_fits_80_columns(
    galaxy: Galaxy, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = galaxy(*command, "-h").stdout
    assert shown == galaxy(*command, "--help").stdout
    assert max(map(len, shown.splitlines())) <= 80
    assert not re.search(r"<\w+|x[<>]=|[{}]", shown)  # a type of Python's, a range, braces
    example = shown.strip().splitlines()[-1].strip()
    assert command == ("cluster",) or re.match(r"(Example|Try it)  galaxy ", example)  # on one line, to be copied
    # A line ends where the next word would not fit, not in the middle of a sentence.
    paragraphs = [part.splitlines() for part in shown.partition("╭")[0].split(" " * 80 + "\n")]
    for line, following in (pair for lines in paragraphs for pair in pairwise(lines)):
        assert len(line.rstrip()) + 1 + len(following.split()[0]) > 79


LIMITED = [
    (name, option.opts[0], least)
    for name, command in typer.main.get_command(app).commands.items()  # type: ignore[attr-defined]
    for option in command.get_params(typer.Context(command))
    for least in re.findall(r"\((-?[\d.]+) (?:or more|to)", getattr(option, "help", None) or "")
]


@pytest.mark.parametrize(("command", "option", "least"), LIMITED)
def test_a_limit_that_the_help_says_is_that_which_is_checked(
    galaxy: Galaxy, command: str, option: str, least: str
) -> None:
    needed: dict[str, tuple[str, ...]] = {
        "fit": ("--name", "x", "--time-limit", "1m"),
        "search": ("--name", "x"),
        "ui": (),
    }
    needed |= dict.fromkeys(("import", "evaluate", "classify"), ("y",))
    words = () if command == "ui" else ("x", *needed.get(command, ()))
    result = galaxy(command, *words, option, float(least) - 1 if "." in least else int(least) - 1)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"'{option}': expected {least} or more, found " in result.stderr


def test_a_file_of_settings_stands_in_for_what_is_missing(galaxy: Galaxy, tmp_path: Path) -> None:
    (tmp_path / "fit.toml").write_text('name = "x"\n')
    result = galaxy("fit", tmp_path / "none", "--config", tmp_path / "fit.toml")
    assert "expected the time for all of it" in result.stderr


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("galaxy sear", ["search", "searches"]),
        ("galaxy watch --storage {storage} ", ["first"]),
        ("galaxy delete --storage {storage} s", []),
        ("galaxy watch --storage {storage}/none ", []),
        ("galaxy fit d --storage {storage} --warm-start f", ["first"]),
        ("galaxy fit d --oracle b", ["bayesian"]),
        ("galaxy search d --scheduler ", ["asha", "median", "none"]),
        ("galaxy search d --address ", ["local", "in-process", "auto"]),
        ("galaxy evaluate m d --split t", ["train", "test"]),
        ("galaxy search d --obj", ["--objective"]),
        ("galaxy info {storage}/../dat", ["{storage}/../data"]),
        ("galaxy card {storage}/first/", ["{storage}/first/model"]),
    ],
)
def test_a_shell_offers_what_there_is(storage: str, words: str, offered: list[str]) -> None:
    for file in ("../data/dataset.json", "first/model/bundle.json"):
        place = Path(storage, file)
        place.parent.mkdir(exist_ok=True)
        place.write_text("{}")
    typed = words.format(storage=storage)
    number = len(typed.split()) - (not typed.endswith(" "))
    asked = {"_GALAXY_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(number)}
    result = CliRunner().invoke(app, [], prog_name="galaxy", env=asked)
    assert result.stdout.split() == [each.format(storage=storage) for each in offered]


def test_no_command_shows_the_help_and_no_empty_error(galaxy: Galaxy) -> None:
    result = galaxy()
    assert result.exit_code == 2
    assert "Commands" in result.output
    assert "error" not in result.stderr


def test_the_version(galaxy: Galaxy) -> None:
    assert re.fullmatch(r"galaxy \d+\.\d+\.\d+\n", galaxy("--version").stdout)
