import re

import pytest

from ui.pages import elements
from ui.pages.elements import plain, probability_bars
from ui.predictions.labels import labels_csv, told_apart
from ui.web.serving import flags


def test_a_class_name_is_text_and_never_html() -> None:
    html = probability_bars({"<script>alert(1)</script>": 1.0}, "")
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_only_the_best_bar_stands_out() -> None:
    html = probability_bars({"edge-on": 0.25, "spiral": 0.75}, "spiral")
    assert html.count("font-weight:600") == 1
    assert re.search(r"font-weight:600.*spiral.*width:75\.00%.*75\.0 %", html)


@pytest.mark.parametrize("name", ["*a*", "a_b_c.jpg", "[x](http://y)", ":material/home:", "$x$", "# 1. <b>", "`a\\b`"])
def test_no_character_of_a_name_is_markdown(name: str) -> None:
    shown = plain(name)
    assert re.sub(r"\\(.)", r"\1", shown) == name
    assert not re.search(r"(?<!\\)(?:\\\\)*[*_\[\]():$#`<>.]", shown)


def test_lines_become_one() -> None:
    assert plain("a\n  b") == "a b"


def test_what_no_user_should_cause_is_one_line_and_the_rest_is_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    said: list[str] = []
    monkeypatch.setattr(elements.st, "error", said.append)
    with elements.problems_shown():
        raise AttributeError("/home/me/secret")
    assert said == ["This cannot be shown (AttributeError): who serves the page finds the reason in its log."]
    assert "/home/me/secret" in caplog.text
    assert "--client.showErrorDetails=none" in flags("127.0.0.1", 8501)


def test_labels_of_images_of_one_name_are_told_apart_or_left_out() -> None:
    found = told_apart([("a.jpg", "x"), ("a.jpg", "y"), ("b.jpg", "x"), ("b.jpg", "x")])
    assert found == ({"b.jpg": "x"}, ["a.jpg"])
    assert labels_csv({"a.jpg": "=x"}).splitlines() == ["path,class", "a.jpg,'=x"]
