"""In one process: what is asked for of workers is refused where nobody has it, and said where it changes nothing."""

import logging
from pathlib import Path
from typing import Any

import pytest

from cluster import CatalogueSettings, classify_catalogue, run_search
from cluster.jobs import here
from cluster.jobs.here import check_trials_here, check_workers_here
from datasets import Dataset
from search import SearchSettings, SettingsError


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"gpus_per_trial": 1}, "--gpus-per-trial 1: with --address in-process nobody gives GPUs out"),
        ({"gpus_per_trial": 0.5}, "--gpus-per-trial 0.5: with --address in-process nobody"),
        ({"cpu_nodes_too": True}, "--cpu-nodes-too is of a Ray's nodes"),
    ],
)
def test_what_no_trial_gets_is_refused(given: dict[str, Any], said: str, tiny_dataset: Dataset, tmp_path: Path) -> None:
    settings = SearchSettings(name="a", **given)
    with pytest.raises(SettingsError, match=said):
        run_search(tiny_dataset.info.path, settings, storage=str(tmp_path / "runs"), address="in-process")
    assert not (tmp_path / "runs").exists()
    check_trials_here(settings, "local")


def test_what_no_worker_gets_is_refused(tmp_path: Path) -> None:
    settings = CatalogueSettings(gpus_per_worker=0.5)
    with pytest.raises(SettingsError, match=r"--gpus-per-worker 0\.5: with --address in-process nobody"):
        classify_catalogue("model", "photos", str(tmp_path / "out"), settings, address="in-process")
    assert not (tmp_path / "out").exists()
    check_workers_here(settings, "local")


def test_what_changes_nothing_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        check_trials_here(SearchSettings(name="a", concurrency=1, cpus_per_trial=2), "in-process")
        check_workers_here(CatalogueSettings(), "in-process")
        check_trials_here(SearchSettings(name="a", concurrency=2), "local")
        assert caplog.messages == []
        check_trials_here(SearchSettings(name="a", concurrency=2), "in-process")
        check_workers_here(CatalogueSettings(workers=3, cpus_per_worker=4), "in-process")
    assert caplog.messages == [
        "--concurrency 2: with --address in-process there is one trial at a time, in this process.",
        "--workers 3: with --address in-process there is one worker at a time, in this process.",
        "--cpus-per-worker 4: with --address in-process there is one worker at a time, in this process.",
    ]


@pytest.mark.parametrize(
    ("address", "limit", "is_bounded"),
    [("in-process", None, True), ("local", 600.0, True), ("local", None, False)],
)
def test_what_is_timed_or_trained_here_has_a_trials_threads_before_anything_runs(
    address: str,
    limit: float | None,
    is_bounded: bool,
    tiny_dataset: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[int | str] = []
    monkeypatch.setattr(here, "limit_threads", lambda cpus: calls.append(cpus) or True)

    def prepare(*_given: object, **_options: object) -> None:
        calls.append("prepared")
        raise SettingsError("enough")

    monkeypatch.setattr("cluster.jobs.search.Preparation", prepare)
    settings = SearchSettings(name="a", cpus_per_trial=2, time_limit=limit)
    with pytest.raises(SettingsError, match="enough"):
        run_search(tiny_dataset.info.path, settings, storage=str(tmp_path / "runs"), address=address)
    assert calls == ([2, "prepared"] if is_bounded else ["prepared"])


def test_threads_that_can_no_longer_be_bounded_are_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(here, "limit_threads", lambda _cpus: False)
    here.limit_threads_here(SearchSettings(name="a"), "in-process", is_timed=False)
    here.limit_threads_here(SearchSettings(name="a", cpus_per_trial=2), "local", is_timed=True)
    assert caplog.messages == []
    here.limit_threads_here(SearchSettings(name="a", cpus_per_trial=2), "in-process", is_timed=False)
    assert caplog.messages == [
        "--cpus-per-trial 2: TensorFlow has started in this process, and keeps the threads it has."
    ]
