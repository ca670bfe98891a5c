import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from ui_tests.conftest import Galaxy

from datasets import Dataset, Split
from trainer import Classifier, Decide, Evaluation, answers_on
from trainer.answering.limits import Trust
from trainer.answering.none_of_these import NoneOfThese
from trainer.answering.selective import Answers
from trainer.scores import wilson_interval
from ui.report.page import TEMPLATES, report

EMPTY = {"meta", "img", "br", "rect", "line", "circle", "polyline"}


class Page(HTMLParser):
    """Reads a page: its text, its table cells, and whatever it would fetch; fails where a tag is not closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text, self.sources, self.tags = "", list[str](), list[str]()
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value or "" for name, value in attributes if name in ("src", "href")]
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += f"{data}|"


@pytest.fixture(scope="module")
def evaluation(bundle: Path, tiny_dataset: Dataset) -> Evaluation:
    return answers_on(Classifier.load(bundle), tiny_dataset, Split.TEST)


def read(evaluation: Evaluation, dataset: Dataset) -> Page:
    return Page(report(evaluation, dataset, split="test", decide=Decide.ACCURACY))


def test_the_page_has_everything_and_fetches_nothing(evaluation: Evaluation, tiny_dataset: Dataset) -> None:
    page = read(evaluation, tiny_dataset)
    for heading in ("Operating points", "Classes", "Confusion matrix", "Calibration", "Surest mistakes"):
        assert heading in page.text
    assert all(name in page.text for name in tiny_dataset.classes)
    assert page.tags.count("circle") == sum(one.count > 0 for one in evaluation.scores(Decide.ACCURACY).reliability)
    assert page.sources
    assert all(source.startswith("data:image/png;base64,") for source in page.sources)
    assert not re.search(
        r"url\(|@import|https?:", report(evaluation, tiny_dataset, split="test", decide=Decide.ACCURACY)
    )


def test_who_looks_like_galaxies_of_no_class_is_not_counted_as_sure(
    evaluation: Evaluation, tiny_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    sure_of_all = Answers(np.zeros(1000, np.float32), np.ones(1000, bool))
    count, shown = len(tiny_dataset.classes), []
    for limit in (np.inf, -np.inf):
        trust = Trust({Decide.ACCURACY: sure_of_all}, None, NoneOfThese(np.zeros(count), np.full(count, limit)))
        bundle = replace(evaluation.classifier.bundle, trust=trust)
        monkeypatch.setattr(evaluation.classifier, "bundle", bundle)
        shown.append(read(evaluation, tiny_dataset).text.partition("sure of")[2][:120])
    assert "100.0 %" in shown[0]
    assert "100.0 %" not in shown[1]


def test_mistakes_are_pictures_the_surest_first(evaluation: Evaluation, tiny_dataset: Dataset) -> None:
    page = read(evaluation, tiny_dataset)
    wrong = (evaluation.decided(Decide.ACCURACY) != evaluation.true).sum()
    assert len(page.sources) == page.tags.count("figure") == wrong
    sure = [float(found) for found in re.findall(r", ([\d.]+) %\|labelled", page.text)]
    assert len(sure) == wrong
    assert sure == sorted(sure, reverse=True)


def test_intervals_are_wilsons(evaluation: Evaluation, tiny_dataset: Dataset) -> None:
    right = int((evaluation.decided(Decide.ACCURACY) == evaluation.true).sum())
    low, high = wilson_interval(right, 20) or (0, 0)
    assert f"{100 * right / 20:.1f} % ({100 * low:.1f} to {100 * high:.1f})" in read(evaluation, tiny_dataset).text
    # Newcombe 1998, table I: 81 of 263 and 0 of 20.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson_interval(0, 20) == pytest.approx((0, 0.1611), abs=1e-4)
    assert wilson_interval(0, 0) is None


def test_a_class_without_images_is_absent_not_zero(evaluation: Evaluation, tiny_dataset: Dataset) -> None:
    kept = evaluation.true != 0
    some = replace(
        evaluation,
        rows=evaluation.rows[kept],
        true=evaluation.true[kept],
        probabilities=evaluation.probabilities[kept] * np.float32([0, 1, 1, 1, 1]),
    )
    page = read(some, tiny_dataset)
    assert f"|{tiny_dataset.classes[0]}|–|–|–|0|0|" in page.text


def test_no_mistake_is_said(evaluation: Evaluation, tiny_dataset: Dataset) -> None:
    right = replace(evaluation, probabilities=np.eye(5, dtype=np.float32)[evaluation.true])
    page = read(right, tiny_dataset)
    assert "There is none." in page.text
    assert page.sources == []


def test_names_are_text(evaluation: Evaluation, tiny_dataset: Dataset) -> None:
    nasty = ("<script>alert(1)</script>", "a' onload='x", "b & c", "d", "e")
    bundle = evaluation.classifier.bundle
    renamed = Classifier(
        replace(bundle, uri="/<b>model", manifest=replace(bundle.manifest, classes=nasty, thresholds={}))
    )
    page = read(replace(evaluation, classifier=renamed), tiny_dataset)
    assert "script" not in page.tags
    assert nasty[0] in page.text
    assert "/<b>model on test" in page.text
    table = TEMPLATES.from_string(
        '{% from "drawing.html.jinja" import row, table %}{% call table(["<i>"]) %}{{ row("<u>") }}{% endcall %}'
    )
    assert Page(table.render()).tags == ["div", "table", "thead", "tr", "th", "tbody", "tr", "th"]


def test_evaluate_writes_it(galaxy: Galaxy, bundle: Path, tiny_dataset: Dataset, tmp_path: Path) -> None:
    result = galaxy("evaluate", bundle, tiny_dataset.info.path, "--report", tmp_path / "r", "--json")
    found = json.loads(result.stdout)
    assert found["report"] == str(tmp_path / "r" / "report.html")
    assert sum(one["count"] for one in found["reliability"]) == found["count"] == 20
    assert "Surest mistakes" in Page((tmp_path / "r" / "report.html").read_text()).text
    (tmp_path / "file").touch()
    refused = galaxy("evaluate", bundle, tiny_dataset.info.path, "--report", tmp_path / "file", "--json")
    assert (refused.exit_code, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)


@pytest.mark.parametrize(("classes", "cells"), [(8, 64), (9, 9)])
def test_of_many_classes_the_matrix_has_no_zeros(classes: int, cells: int) -> None:
    drawn = TEMPLATES.from_string('{% from "drawing.html.jinja" import confusion %}{{ confusion(names, matrix) }}')
    page = Page(drawn.render(names=list("abcdefghi"[:classes]), matrix=np.eye(classes, dtype=int).tolist()))
    assert sum(part.isdecimal() for part in page.text.split("|")) == cells
