"""Points given, another search's results, hyperparameters discovered on the way, searches that fail fast."""

import json
from pathlib import Path
from typing import Any

import pytest

from cluster import resume_search, run_search
from datasets import Dataset, open_folder
from search import (
    SearchError,
    SearchLayout,
    SearchSettings,
    SearchState,
    SearchView,
    SettingsError,
    SpaceError,
    read_search,
    read_warm_start,
)


def settings(**changes: object) -> SearchSettings:
    known = {"name": "first", "trials": 3, "epochs": 1, "oracle": "random", "hypermodel": "my_models:tiny"}
    return SearchSettings.model_validate(known | {"scheduler": "none"} | changes)


def run(dataset: Dataset, **changes: object) -> SearchView:
    return run_search(dataset.info.path, settings(**changes), address="in-process")


def test_given_points_are_tried_first_and_in_full(tiny_dataset: Dataset, here: Path) -> None:
    run(tiny_dataset, points=[{"units": 7}, {}])
    tried = [row.hyperparameters for row in _in_order(read_search("runs", "first"))]
    assert tried[:2] == [{"units": 7, "batch_size": 16}, {"units": 2, "batch_size": 16}]
    assert len(tried) == 3


@pytest.mark.parametrize(
    ("changes", "defaults_first"),
    [({}, True), ({"points": [{"units": 7}]}, False), ({"oracle": "random"}, False)],
)
def test_an_oracle_that_learns_starts_from_the_defaults(
    changes: dict[str, object], defaults_first: bool, tiny_dataset: Dataset, here: Path
) -> None:
    view = run(tiny_dataset, **({"oracle": "tpe", "trials": 1, "seed": 2} | changes))
    assert (view.rows[0].hyperparameters == {"units": 2, "batch_size": 16}) is defaults_first


def test_a_point_may_name_what_only_its_own_branch_declares(tiny_dataset: Dataset, here: Path) -> None:
    view = run(tiny_dataset, points=[{"x": True, "only_here": 5}], trials=1, hypermodel="my_models:branching")
    assert view.rows[0].hyperparameters["only_here"] == 5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"points": [{"unit": 7}]}, "--try: the space has no hyperparameter 'unit'; the nearest is 'units'"),
        ({"points": [{"units": 99}]}, "--try: units is a whole number from 2 to 40, found 99; the nearest is 40"),
        ({"points": [{"units": n} for n in range(2, 6)]}, "--trials 3: --try gives 4 points"),
        ({"warm_start": "absent"}, "no search at .*absent"),
    ],
)
def test_what_cannot_be_tried_or_learned_from_is_said_before_anything_is_written(
    changes: dict[str, object], message: str, tiny_dataset: Dataset, here: Path
) -> None:
    with pytest.raises(SearchError, match=message):
        run(tiny_dataset, **changes)
    assert open_folder(here / "runs").names() == []


def test_a_warm_start_learns_from_a_name_or_a_directory(tiny_dataset: Dataset, here: Path) -> None:
    other = run(tiny_dataset, name="other")
    known = {row.hyperparameters["units"] for row in other.rows}
    for number, place in enumerate(["other", f"{here}/runs/other"]):
        view = run(tiny_dataset, name=f"second-{number}", warm_start=place, trials=5)
        assert view.counts == {"completed": 5}
        assert not known & {row.hyperparameters["units"] for row in view.rows}


def test_lessons_with_a_hyperparameter_that_defaults_do_not_meet_all_have_it(tiny_dataset: Dataset, here: Path) -> None:
    run(tiny_dataset, name="other", hypermodel="my_models:branching", points=[{}, {"x": True, "only_here": 5}])
    run(tiny_dataset, hypermodel="my_models:branching", warm_start="other", trials=1)
    lessons = read_warm_start(SearchLayout.of("runs", "first"))
    assert lessons is not None
    assert [one.hyperparameters["only_here"] for one in lessons.trials[:2]] == [3, 5]


def test_what_a_trial_meets_is_recorded_and_searched_from_then_on(tiny_dataset: Dataset, here: Path) -> None:
    view = run(tiny_dataset, trials=8, hypermodel="my_models:branching", seed=3)
    rows = _in_order(view)
    suggestions = [_suggested(here, row.trial_id) for row in rows]
    first = next(number for number, row in enumerate(rows) if row.hyperparameters["x"])
    assert "only_here" not in suggestions[first]
    assert (rows[first].hyperparameters["only_here"], rows[first].hyperparameters["batch_size"]) == (3, 16)
    assert all("only_here" in values for values in suggestions[first + 1 :])
    assert len({values["only_here"] for values in suggestions[first + 1 :]}) > 1


@pytest.mark.parametrize("hypermodel", ["picky", "hungry"])
def test_five_failures_for_one_reason_end_the_search_now_and_on_resume(
    hypermodel: str, tiny_dataset: Dataset, here: Path
) -> None:
    reason = {"picky": "ValueError: cannot build", "hungry": "out of memory: ResourceExhaustedError: OOM"}[hypermodel]
    message = f"the first 5 trials of 'first' all failed, for the same reason: {reason}"
    with pytest.raises(SearchError, match=message):
        run(tiny_dataset, trials=20, hypermodel=f"my_models:{hypermodel}")
    view = read_search("runs", "first")
    assert (view.state, view.counts) == (SearchState.FAILED, {"infeasible": 5})
    assert reason in json.loads((here / "runs" / "first" / "state.json").read_text())["reason"]
    with pytest.raises(SearchError, match=message):
        resume_search("first", address="in-process")
    assert read_search("runs", "first").counts == {"infeasible": 5}


def test_a_model_that_no_values_build_is_refused(tiny_dataset: Dataset, here: Path) -> None:
    (here / "never.py").write_text("def build(hp):\n    hp.Int('x', 1, 9)\n    raise ValueError('no model')\n")
    with pytest.raises(SpaceError, match=r"neither of its default hyperparameters nor .*: ValueError: no model"):
        run(tiny_dataset, hypermodel="never:build")
    assert open_folder(here / "runs").names() == []


def test_an_exhausted_space_says_so(tiny_dataset: Dataset, here: Path, caplog: pytest.LogCaptureFixture) -> None:
    (here / "few.py").write_text(
        "import my_models\ndef build(hp):\n    hp.Choice('kind', [1, 2])\n"
        "    hp.Fixed('units', 3)\n    return my_models.tiny(hp)\n"
    )
    view = run(tiny_dataset, hypermodel="few:build", oracle="grid", trials=9)
    assert (view.state, view.counts) == (SearchState.FINISHED, {"completed": 2})
    said = "the space is exhausted: the oracle has nothing left to try after 2 of 9 trials"
    assert json.loads((here / "runs" / "first" / "state.json").read_text())["reason"] == said
    assert said[1:] in caplog.text


def test_hyperband_takes_neither_points_nor_lessons(tiny_dataset: Dataset, here: Path) -> None:
    for option, changes in (("--try", {"points": [{}]}), ("--warm-start", {"warm_start": "other"})):
        with pytest.raises(SettingsError, match=f"^{option}: hyperband plans all its trials by itself"):
            run(tiny_dataset, oracle="hyperband", **changes)


def _in_order(view: SearchView) -> list[Any]:
    return sorted(view.rows, key=lambda row: row.trial_id)


def _suggested(here: Path, trial_id: str) -> dict[str, Any]:
    text = (here / "runs" / "first" / "suggestions" / f"{trial_id}.json").read_text()
    values: dict[str, Any] = json.loads(text)["values"]
    return values
