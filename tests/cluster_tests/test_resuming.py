"""Searches that are interrupted, killed, stopped and extended, and go on."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from benchmarks.durability.kills import run
from cluster_tests.conftest import end_at
from search_tests import examples
from search_tests.examples import ended

from cluster import resume_search, run_search, stop_search
from cluster.driving import in_process
from cluster.jobs import resuming
from datasets import Dataset, open_folder
from search import (
    Conductor,
    Ledger,
    LedgerError,
    Record,
    SearchSettings,
    SearchState,
    SettingsError,
    Suggestion,
    TimeBudget,
    TrialState,
    create_search,
    read_search,
)
from search.layout import SearchLayout
from search.ledger.heartbeat import driver_heartbeat

GALAXY = str(Path(sys.executable).with_name("galaxy"))


def settings(**changes: object) -> SearchSettings:
    known = {"name": "first", "trials": 3, "epochs": 2, "oracle": "random", "hypermodel": "my_models:tiny"}
    return SearchSettings.model_validate(known | {"scheduler": "none"} | changes)


@pytest.mark.slow
def test_killed_twice_with_dataset_and_storage_on_s3_nothing_is_lost_or_repeated(tmp_path: Path, s3: str) -> None:
    """On a disk: `test_a_trial_goes_on_without_its_worker_and_a_search_after_all_its_processes`."""
    outcome = run(tmp_path, kills=2, trials=3, seed=2, uri=s3)
    assert outcome.kills.total() == 2
    assert (outcome.lost, outcome.repeated) == ([], [])
    assert not (tmp_path / "search-0" / "runs").exists()
    view = read_search(open_folder(s3).child("search-0", "runs").uri, "search-0")
    # Two train at a time; what was spent before each kill counts.
    assert view.spent is not None
    assert view.spent > sum(row.seconds for row in view.rows) / 2


def test_an_interrupted_trial_goes_on_from_its_checkpoint(
    tiny_dataset: Dataset, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_at(monkeypatch, 3, KeyboardInterrupt())  # the second trial has one epoch of two
    with pytest.raises(KeyboardInterrupt):
        run_search(tiny_dataset.info.path, settings(), address="in-process")
    before = read_search("runs", "first")
    assert before.counts == {"completed": 1, "running": 1}
    view = resume_search("first", address="in-process")
    assert view.counts == {"completed": 3}
    undisturbed = run_search(tiny_dataset.info.path, settings(name="undisturbed"), address="in-process")
    assert [(row.trial_id, row.history) for row in view.rows] == [
        (row.trial_id, row.history) for row in undisturbed.rows
    ]
    went_on = next(row for row in view.rows if row.trial_id == "0001")
    assert went_on.started == next(row.started for row in before.rows if row.trial_id == "0001")


def test_a_trial_that_ends_each_process_which_trains_it_is_given_up_and_others_go_on(
    tiny_dataset: Dataset, here: Path
) -> None:
    # In a process of its own each, which the trial's build ends as the system would.
    (here / "deadly.py").write_text(
        "import os\nimport my_models\n\n"
        "def build(hp):\n"
        "    if os.path.exists('armed') and os.path.isdir('runs/first/suggestions'):\n"
        "        os.kill(os.getpid(), 9)\n"
        "    return my_models.tiny(hp)\n"
    )
    layout = SearchLayout.of("runs", "first")
    (here / "armed").touch()
    command = [GALAXY, "search", tiny_dataset.info.path, "--name", "first", "--trials", "2", "--epochs", "1"]
    command += ["--oracle", "random", "--hypermodel", "deadly:build", "--address", "in-process", "--max-failures", "1"]
    assert subprocess.run(command, check=False, capture_output=True).returncode == -signal.SIGKILL
    assert [record.unheard for record in Ledger(layout).records()] == [1]
    Ledger(layout).write_progress(Ledger(layout).record("0000").but(unheard=2))  # as after another
    (here / "armed").unlink()
    view = resume_search("first", address="in-process")
    rows = {row.trial_id: row for row in view.rows}
    assert rows["0000"].state is TrialState.FAILED
    assert rows["0000"].reason == "its process was ended 2 times while it trained"
    assert (rows["0001"].state, rows["0001"].unheard) == (TrialState.COMPLETED, 0)


def test_an_end_that_was_heard_of_is_none_of_a_process(
    tiny_dataset: Dataset, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_at(monkeypatch, 0, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        run_search(tiny_dataset.info.path, settings(trials=1), address="in-process")
    assert [row.unheard for row in read_search("runs", "first").rows] == [0]


@pytest.mark.parametrize("state", [TrialState.STOPPED, TrialState.COMPLETED])
def test_killed_before_an_ended_trial_was_recorded_it_ends_without_training(
    state: TrialState, tiny_dataset: Dataset, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = {"trials": 6, "epochs": 4, "scheduler": "asha"}
    undisturbed = run_search(tiny_dataset.info.path, settings(name="undisturbed", **changes), address="in-process")
    real, cut_off = Conductor.end, []

    def end(conductor: Conductor, record: Record) -> None:
        if record.state is state:
            cut_off.append(record.trial_id)
            raise KeyboardInterrupt
        real(conductor, record)

    monkeypatch.setattr(Conductor, "end", end)
    with pytest.raises(KeyboardInterrupt):
        run_search(tiny_dataset.info.path, settings(**changes), address="in-process")
    monkeypatch.setattr(Conductor, "end", real)
    monkeypatch.setattr("search.conducting.checkpoint_retention.delete_last", lambda folder: None)
    checkpoint = here / "runs" / "first" / "checkpoints" / cut_off[0] / "last.npz"
    written = checkpoint.stat().st_mtime_ns
    view = resume_search("first", address="in-process")
    assert checkpoint.stat().st_mtime_ns == written
    facts = [{row.trial_id: (row.state, row.epochs, row.history) for row in one.rows} for one in (view, undisturbed)]
    assert facts[0] == facts[1]
    assert facts[0][cut_off[0]][0] is state


def test_a_finished_search_is_extended_and_what_stands_is_not_touched(tiny_dataset: Dataset, here: Path) -> None:
    first = run_search(tiny_dataset.info.path, settings(), address="in-process")
    longer = resume_search("first", address="in-process", trials=5)
    assert longer.counts == {"completed": 5}
    records = {row.trial_id: row.model_dump(exclude={"rank"}) for row in longer.rows}
    assert all(records[row.trial_id] == row.model_dump(exclude={"rank"}) for row in first.rows)
    with pytest.raises(SettingsError, match="--trials 4: the search was to have 5 already"):
        resume_search("first", address="in-process", trials=4)


def test_stop_ends_a_search_after_what_runs_and_resume_goes_on(
    tiny_dataset: Dataset, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = in_process.TrialSession.step

    def slow(session: in_process.TrialSession) -> object:
        time.sleep(0.4)
        return real(session)

    monkeypatch.setattr(in_process.TrialSession, "step", slow)
    asked = threading.Timer(0.1, lambda: _stop_when_running())
    asked.start()
    view = run_search(tiny_dataset.info.path, settings(trials=30), address="in-process")
    asked.join()
    assert view.state is SearchState.STOPPED
    assert {row.state for row in view.rows} == {TrialState.COMPLETED}
    assert 0 < len(view.rows) < 30


def _stop_when_running() -> None:
    for _ in range(600):
        try:
            stop_search("first")
        except LedgerError:
            time.sleep(0.1)
        else:
            return


def test_a_search_that_runs_is_not_resumed_and_one_that_does_not_is_not_stopped(
    tiny_dataset: Dataset, here: Path
) -> None:
    run_search(tiny_dataset.info.path, settings(trials=1), address="in-process")
    with pytest.raises(LedgerError, match="search 'first' is not running: there is nothing to stop"):
        stop_search("first")
    with (
        driver_heartbeat(SearchLayout.of("runs", "first").root),
        pytest.raises(LedgerError, match="search 'first' is running: its driver is alive"),
    ):
        resume_search("first", address="in-process")


@pytest.mark.parametrize(("kept", "time_limit"), [(True, 60.0), (False, 60.0), (False, None), (True, None)])
def test_a_limit_that_is_given_later_counts_what_is_known_to_be_taken(
    kept: bool, time_limit: float | None, here: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    layout, budgets = SearchLayout.of("runs", "first"), []
    create_search(layout, examples.specification(settings()))
    Ledger(layout).write_suggestion(Suggestion(trial_id="0000", values={}, seed=1, suggested=""))
    Ledger(layout).write_record(ended("0000", 0.5))
    if kept:
        with TimeBudget(already=50.0, layout=layout).kept():
            pass
    monkeypatch.setattr(resuming, "resume_within", lambda budget, *_given, **_options: budgets.append(budget))
    resume_search("first", time_limit=time_limit)
    [budget] = budgets
    if time_limit is None:
        with budget.kept():  # what an earlier version has not kept stays unknown
            assert layout.root.exists("time.json") is kept
    else:
        assert round(budget.left(), -1) == (10.0 if kept else 60.0)
    said = "The time that search 'first' has taken so far was not kept, and is not counted: it has 1m from now on."
    assert (said in caplog.text) is (not kept and time_limit is not None)


@pytest.mark.parametrize(("already", "taken"), [(11_040.0, "3h4m"), (7_195.0, "1h59m5")])
def test_a_limit_that_is_used_up_already_is_refused_and_ends_no_trial(already: float, taken: str, here: Path) -> None:
    layout = SearchLayout.of("runs", "first")
    create_search(layout, examples.specification(settings()))
    Ledger(layout).write_suggestion(Suggestion(trial_id="0000", values={}, seed=1, suggested=""))
    Ledger(layout).write_progress(ended("0000", 0.5, state=TrialState.RUNNING, ended=None))
    with TimeBudget(already=already, layout=layout).kept():
        pass
    before = read_search("runs", "first")
    with pytest.raises(
        SettingsError, match=f"--time-limit 2h: search .first. has taken {taken}.*s already, and its end takes 3 s"
    ):
        resume_search("first", address="in-process", time_limit=7_200.0)
    after = read_search("runs", "first")
    assert after.rows == before.rows
    assert after.specification == before.specification
    assert after.state is before.state


def test_of_two_that_resume_at_once_the_second_changes_nothing(
    tiny_dataset: Dataset, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_search(tiny_dataset.info.path, settings(trials=1), address="in-process")
    # Both have looked before either began.
    monkeypatch.setattr("cluster.jobs.resuming.driver_is_alive", lambda _folder: False)
    with (
        driver_heartbeat(SearchLayout.of("runs", "first").root),
        pytest.raises(LedgerError, match="has another driver, which is alive"),
    ):
        resume_search("first", address="in-process", trials=9)
    assert read_search("runs", "first").specification.settings.trials == 1


@pytest.mark.slow
@pytest.mark.parametrize("presses", [1, 2])
def test_ctrl_c_once_lets_running_trials_end_twice_does_not(presses: int, tiny_dataset: Dataset, here: Path) -> None:
    command = [GALAXY, "search", tiny_dataset.info.path, "--name", "first", "--trials", "500", "--epochs", "3"]
    command += ["--hypermodel", "my_models:tiny", "--oracle", "random", "--scheduler", "none"]
    process = subprocess.Popen(
        [*command, "--address", "in-process"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    records = here / "runs" / "first" / "records"
    while process.poll() is None and len(list(records.glob("*"))) < 2:
        time.sleep(0.1)
    for _ in range(presses):
        os.kill(process.pid, signal.SIGINT)
        time.sleep(0.05)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "Ctrl-C again stops it at once" in err
    assert read_search("runs", "first").state is SearchState.STOPPED
