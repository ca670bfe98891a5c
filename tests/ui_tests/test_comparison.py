"""Several searches beside each other, and the page that compares them."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from ui_tests.fabricated import RECORDS, SENTENCE, finals, record, specification, write_search
from ui_tests.views import open_view

from datasets import open_folder
from search import (
    Followed,
    Follower,
    Ledger,
    Record,
    SearchLayout,
    SearchState,
    TrialState,
    create_search,
    write_finals,
)
from ui.figures.races import races
from ui.findings import comparison


def write(
    storage: Path,
    name: str,
    records: tuple[Record, ...] = RECORDS,
    *,
    state: SearchState = SearchState.FINISHED,
    **changes: Any,
) -> SearchLayout:
    """Write a search whose specification has ``changes``, settings by their names."""
    known = specification(name)
    own = {key: changes.pop(key) for key in list(changes) if key in type(known.settings).model_fields}
    layout = SearchLayout.of(str(storage), name)
    create_search(layout, known.model_copy(update={"settings": known.settings.model_copy(update=own), **changes}))
    ledger = Ledger(layout)
    ledger.write_state(state)
    for one in records:
        (ledger.write_record if one.state.is_ended() else ledger.write_progress)(one)
    return layout


def followed(storage: Path, name: str, **changes: Any) -> Followed:
    write(storage, name, **changes)
    return Follower(str(storage), name).look()


def test_the_best_comes_on_over_trials_and_their_cpu_time(tmp_path: Path) -> None:
    records = (
        record(1, scores=[0.5]),
        record(2, scores=[], state=TrialState.INFEASIBLE),
        record(3, scores=[0.75]),
        record(4, scores=[0.625]),
        record(5, scores=[0.9], state=TrialState.RUNNING),
    )
    found = comparison.steps(followed(tmp_path, "first", records=records, cpus_per_trial=2))
    assert [(step.trials, step.seconds, step.best, step.trial_id) for step in found] == [
        (1, 20.0, 0.5, "0001"),
        (3, 120.0, 0.75, "0003"),
        (4, 200.0, 0.75, "0003"),
    ]
    low = comparison.steps(followed(tmp_path, "second", records=records, objective_direction="min"))
    assert [step.best for step in low] == [0.5, 0.5]


def test_only_the_same_objective_and_dataset_are_on_one_axis(tmp_path: Path) -> None:
    one = followed(tmp_path, "one")
    assert comparison.why_apart(one, followed(tmp_path, "same", oracle="random")) is None
    loss = followed(tmp_path, "loss", objective_name="val_loss", objective_direction="min")
    assert comparison.why_apart(one, loss) == (
        "it is scored by validation loss (less is better), one by validation macro F1 (more is better)"
    )
    other = followed(tmp_path, "other", fingerprint="1" * 64, dataset="/data/other")
    assert "another dataset, /data/other (111111111111…), one on /data/galaxies (000" in str(
        comparison.why_apart(one, other)
    )


def test_settings_that_differ_are_marked(tmp_path: Path) -> None:
    both = [followed(tmp_path, "one"), followed(tmp_path, "two", oracle="random", time_limit=90.0)]
    rows = {row["setting"]: row for row in comparison.settings(both, only_differing=True)}
    assert rows["oracle"] == {"≠": "≠", "setting": "oracle", "one": "tpe", "two": "random"}
    assert (rows["time limit"]["one"], rows["time limit"]["two"]) == ("–", "1 min 30 s")
    assert set(rows) == {"oracle", "time limit"}
    every = {row["setting"]: row for row in comparison.settings(both, only_differing=False)}
    assert every["epochs"]["≠"] == ""


def test_the_overview_has_numbers_and_leaves_out_what_nobody_has(tmp_path: Path) -> None:
    (row,) = comparison.overview([followed(tmp_path, "one")])
    assert (row["best trial"], row["best score"], row["trials ended"], row["with a score"]) == ("0002", 0.9375, 4, 3)
    assert row["CPU time of trials, min"] == pytest.approx(100 / 60)
    assert row["first to last, min"] == pytest.approx(8)
    assert {"mean", "spread", "of further beginnings, min"}.isdisjoint(row)


def test_names_are_no_html() -> None:
    (line,) = races({"<b>": [(1.0, 0.5, "0001")]}, "val_macro_f1", over="trials ended", unit="trials").data
    assert line.name == "&lt;b&gt;"
    assert line.line.shape == "hv"


opened = partial(open_view, "comparison")


def said(page: AppTest) -> str:
    return " ".join(e.value for e in (*page.markdown, *page.warning, *page.info, *page.error)).replace("\\", "")


def test_at_first_the_newest_that_can_be_compared_are(tmp_path: Path) -> None:
    write(tmp_path, "old", created="2026-01-01T00:00:00.000+00:00")
    write(tmp_path, "new", created="2026-01-03T00:00:00.000+00:00")
    write(tmp_path, "other", created="2026-01-02T12:00:00.000+00:00", fingerprint="1" * 64)
    page = opened(tmp_path)
    assert page.multiselect[0].value == ["new", "old"]
    assert page.query_params["of"] == ["new", "old"]
    assert list(page.dataframe[0].value["search"]) == ["new", "old"]


def test_what_is_damaged_unfinished_or_absent_breaks_nothing(tmp_path: Path) -> None:
    write_finals(write(tmp_path, "one").root, finals())
    write(tmp_path, "two", state=SearchState.RUNNING)
    write(tmp_path, "empty", ())
    write(tmp_path, "loss", objective_name="val_loss", objective_direction="min")
    open_folder(tmp_path / "broken").write_whole("specification.json", b"no json")
    page = opened(tmp_path, of=["one", "two", "empty", "loss", "broken", "<nope>"])
    assert "broken cannot be read:" in said(page)
    assert "There is no search <nope>." in said(page)
    assert "loss cannot be compared with one: it is scored by validation loss" in said(page)
    assert "No trial with a score yet: empty." in said(page)
    assert f"**one**: {SENTENCE}." in said(page)
    assert set(page.dataframe[1].value["search"]) == {"one", "two"}


def test_a_search_alone_is_shown_with_all_its_settings(tmp_path: Path) -> None:
    write_search(str(tmp_path), "first")
    page = opened(tmp_path)
    assert "epochs" in list(page.dataframe[-1].value["setting"])
    page.multiselect[0].unselect("first").run()
    assert "Choose searches to compare." in said(page)
