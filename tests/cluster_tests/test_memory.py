"""A worker that Ray ends for want of memory: its trial is infeasible, and not tried again."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from search_tests.oracle_driving import made, small

from cluster.searcher import ConductorSearcher, Events
from cluster.trial import TrialSession
from datasets import open_folder
from search import Conductor, Ledger, SearchLayout, SearchSettings, SearchSpecification, TrialState, claim

LOST = "Failure # 1 (occurred at 2026-01-01_00-00-00)\nThe actor died unexpectedly before finishing this task.\n"
KILLED = (
    "Failure # 2 (occurred at 2026-01-01_00-00-01)\n"
    "1 worker(s) were killed due to the node running low on memory. Memory on the node was 15 GiB / 16 GiB\n"
    "Set RAY_memory_monitor_refresh_ms to zero.\n"
)


@pytest.fixture
def layout(tmp_path: Path) -> SearchLayout:
    layout = SearchLayout(open_folder(tmp_path / "first"))
    specification = SearchSpecification(
        format="galaxy-tuner-search/1",
        settings=SearchSettings(name="first", trials=4),
        objective_name="val_macro_f1",
        objective_direction="max",
        dataset="/data/gz.galaxy",
        fingerprint="f" * 64,
        classes=("edge-on", "spiral"),
        image_shape=(64, 64, 3),
        created="2026-01-01T00:00:00.000+00:00",
        versions={},
    )
    claim(layout, specification)
    return layout


@pytest.fixture
def searcher(layout: SearchLayout) -> ConductorSearcher:
    return made_searcher(layout)


def made_searcher(layout: SearchLayout, *, cut: bool = False) -> ConductorSearcher:
    from search import read_specification

    conductor = Conductor.resumed(read_specification(layout), Ledger(layout), made("random", small()))
    return ConductorSearcher(conductor, layout, cpus_per_trial=1, is_cut=lambda: cut)


def failed(text: str) -> Any:
    return SimpleNamespace(trial_id="ray-id", get_error=lambda: text, get_pickled_error=lambda: None)


@pytest.mark.parametrize("again", [True, False], ids=["to be tried again", "given up"])
def test_a_memory_kill_is_infeasible(again: bool, searcher: ConductorSearcher, layout: SearchLayout) -> None:
    searcher.suggest("ray-id")
    events: Any = Events(searcher)
    (events.on_trial_recover if again else events.on_trial_error)(1, [], failed(LOST + KILLED))
    # Durable at once: where Tune starts the trial again, it gives this record and trains nothing.
    record = Ledger(layout).recorded("0000")
    assert record is not None
    assert record.state is TrialState.INFEASIBLE
    assert "out of memory: 1 worker(s) were killed due to the node running low on memory." in str(record.reason)
    assert TrialSession(layout.root.uri, "0000").step() == record
    events.on_trial_start(2, [], failed(""))
    searcher.on_trial_complete("ray-id", {"record": record.model_dump_json(), "declared": "[]"})
    searcher.close()


def test_a_worker_lost_otherwise_is_tried_again(searcher: ConductorSearcher, layout: SearchLayout) -> None:
    searcher.suggest("ray-id")
    Events(searcher).on_trial_recover(1, [], failed(LOST.replace("# 1", "# 0") + LOST))
    searcher.close()
    assert Ledger(layout).recorded("0000") is None


@pytest.mark.parametrize("cut", [True, False], ids=["Ray has gone", "Ray lives"])
def test_a_worker_lost_with_all_of_ray_is_no_failure(cut: bool, layout: SearchLayout) -> None:
    searcher = made_searcher(layout, cut=cut)
    searcher.suggest("ray-id")
    Events(searcher).on_trial_error(1, [], failed(LOST))
    searcher.close()
    assert (Ledger(layout).recorded("0000") is None) is cut


def test_what_tune_tells_an_abandoned_search_is_not_written(searcher: ConductorSearcher, layout: SearchLayout) -> None:
    searcher.suggest("ray-id")
    searcher.abandon()
    with pytest.raises(RuntimeError):
        Events(searcher).on_trial_error(1, [], failed(LOST))
    assert Ledger(layout).recorded("0000") is None
