import re

import pytest

from ui.pages.elements import plain, probability_bars


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
