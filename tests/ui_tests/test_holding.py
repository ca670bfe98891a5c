"""`galaxy evaluate --by`: at the terminal, in JSON and in the report."""

import json
from pathlib import Path

import pytest
from ui_tests.conftest import Galaxy
from ui_tests.test_report import Page

from datasets import Dataset, Split


@pytest.fixture
def table(tiny_dataset: Dataset, tmp_path: Path) -> Path:
    """Magnitudes of all test images but one, and how each is called by somebody whose words are no markup."""
    names = tiny_dataset.names(tiny_dataset.rows(Split.TEST))
    rows = "".join(f'"{name}",{14 + at / 10},<b>{at % 2}\n' for at, name in enumerate(names[:-1]))
    path = tmp_path / "t.csv"
    path.write_text("image,magnitude,kind\n" + rows)
    return path


def test_scores_by_columns(galaxy: Galaxy, bundle: Path, tiny_dataset: Dataset, table: Path, tmp_path: Path) -> None:
    words = ("--by", "magnitude=15", "--by", "kind", "--table", table, "--id-column", "image")
    found = json.loads(galaxy("evaluate", bundle, tiny_dataset.info.path, *words, "--json").stdout)
    magnitude, kind = found["by"]
    assert [(one["name"], one["count"]) for one in magnitude["bins"]] == [
        ("below 15", 10),
        ("15 and above", 9),
        ("not known", 1),
    ]
    assert (magnitude["unknown"], magnitude["absent"], found["by_table"]) == (1, 1, str(table))
    assert [one["name"] for one in kind["bins"]] == ["<b>0", "<b>1", "not known"]
    right = sum(row[at] for at, row in enumerate(found["confusion_matrix"]))
    assert sum(one["right"] for each in kind["bins"] for one in each["per_class"].values()) == right
    assert found["mix"] == dict.fromkeys(tiny_dataset.classes, 0.2)
    assert found["prior"] is None

    shown = galaxy("evaluate", bundle, tiny_dataset.info.path, *words, "--report", tmp_path).stdout
    assert "By magnitude" in shown
    assert "magnitude is not known of 1 of 20 images, all of them as the table has no row of them" in shown
    assert "Purity is that of the evaluated mix of classes (Cigar-shaped smooth 20.0 %" in shown
    page = Page((tmp_path / "report.html").read_text())
    assert "Where it holds" in page.text
    assert page.tags.count("svg") == 1 + 2 * (1 + len(tiny_dataset.classes))
    assert "|<b>0|" in page.text  # text, not markup


def test_another_mix(galaxy: Galaxy, bundle: Path, tiny_dataset: Dataset, tmp_path: Path) -> None:
    prior = tmp_path / "prior.json"
    prior.write_text(json.dumps(dict.fromkeys(tiny_dataset.classes, 1.0) | {"spiral": 6.0}))
    words = ("evaluate", bundle, tiny_dataset.info.path, "--prior", prior)
    found = json.loads(galaxy(*words, "--json").stdout)
    assert found["prior"]["spiral"] == 0.6
    recall = found["per_class"]["spiral"]["recall"]
    assert found["in_prior"]["per_class"]["spiral"]["completeness"] == recall
    assert found["by"] == []
    shown = galaxy(*words, "--report", tmp_path).stdout
    assert "In the mix of --prior" in shown
    assert "Accuracy and purity are those of the mix of --prior" in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--by", "z"), "keeps no columns, as its source has no table"),
        (("--by", "z", "--table", "nowhere.csv"), "--table nowhere.csv: expected a table, found nothing"),
        (("--by", "magnitude=2,1"), "--by magnitude=2,1: expected edges that ascend"),
        (("--table", "nowhere.csv"), "expected a column with --by, found none"),
        (("--prior", "nowhere.json"), "--prior nowhere.json: expected a JSON object"),
    ],
)
def test_wrong_use_is_one_line(
    galaxy: Galaxy, bundle: Path, tiny_dataset: Dataset, words: tuple[str, ...], message: str
) -> None:
    refused = galaxy("evaluate", bundle, tiny_dataset.info.path, *words)
    assert (refused.exit_code, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert message in refused.stderr
