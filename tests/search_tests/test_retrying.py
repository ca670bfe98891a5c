"""Trials that are tried again: what counts then, and what a kill or a deleted file makes of it."""

from collections.abc import Callable
from contextlib import suppress

import keras_tuner
import pytest
from search_tests.examples import ended
from search_tests.killed_ledger import Killed, KilledAfter
from search_tests.oracle_driving import NAMES

from datasets import GalaxyTunerError
from search import (
    Conductor,
    Ledger,
    LedgerError,
    NoSuggestion,
    Record,
    Retry,
    SearchSpecification,
    SearchState,
    SearchView,
    SettingsError,
    Suggestion,
    TrialState,
    WarmStart,
    check_retries,
    choose_retries,
    create_search,
    driver_heartbeat,
    extended,
    keep_changes,
    kinds_to_retry,
    leaderboard,
    make_oracle,
    out_of_time,
    read_search,
    write_warm_start,
)
from trainer import Objective

TRIALS = 9


def oracle(name: str = "random") -> keras_tuner.Oracle:
    hp = keras_tuner.HyperParameters()
    hp.Int("x", 1, 1000)
    hp.Choice("kind", ["plain", "deep"])
    objective = Objective("val_macro_f1", "max")
    return make_oracle(name, hyperparameters=hp, objective=objective, max_trials=TRIALS, seed=7, max_epochs=4)


@pytest.fixture
def nine(specification: SearchSpecification) -> SearchSpecification:
    return extended(specification, TRIALS)


@pytest.fixture(autouse=True)
def killed_is_not_unplugged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the disk: what a process has written outlives it, flushed or not."""
    monkeypatch.setattr("os.fsync", lambda _file: None)


def finish(conductor: Conductor, suggestion: Suggestion, score: float | None, *, reason: str = "does not fit") -> None:
    """End a trial as it now stands."""
    state = TrialState.INFEASIBLE if score is None else TrialState.COMPLETED
    record = conductor.record(suggestion.trial_id)
    changes = {"score": score, "reason": reason if score is None else None, "history": {"loss": [0.5]}}
    when = f"2026-01-01T00:0{record.attempts}:0{int(suggestion.trial_id) % 10}.000+00:00"
    if record.attempts > 1:
        when = when.replace("2026", "2126")
    conductor.end(record.but(state=state, ended=when, epochs=1, best_epoch=1, **changes))


def play(conductor: Conductor, count: int = 99, *, fails: Callable[[str], bool] = lambda _: False) -> list[Suggestion]:
    tried = []
    while len(tried) < count and isinstance(suggestion := conductor.suggest(), Suggestion):
        tried.append(suggestion)
        finish(conductor, suggestion, None if fails(suggestion.trial_id) else int(suggestion.trial_id) / 10)
    return tried


def retry(ledger: Ledger, *wanted: str) -> tuple[Retry, ...]:
    retries = choose_retries(ledger, wanted)
    for one in retries:
        ledger.write_retry(one)
    return retries


@pytest.mark.parametrize("name", NAMES)
def test_the_newest_attempt_counts_for_the_ranking_and_for_every_oracle(
    name: str, nine: SearchSpecification, ledger: Ledger
) -> None:
    first = play(Conductor.resumed(nine, ledger, oracle(name)), 4, fails=lambda trial: trial == "0001")
    record = ledger.layout.records.read("0001.json")
    ledger.layout.checkpoints("0001").write_whole("last.npz", b"weights")
    retry(ledger, "infeasible")
    assert ledger.record("0001").state is TrialState.PENDING
    assert not ledger.layout.checkpoints("0001").exists("last.npz")
    told = oracle(name)
    conductor = Conductor.resumed(nine, Ledger(ledger.layout), told)
    assert told.trials["0001"].status == "RUNNING"
    again = conductor.suggest()
    assert again == first[1]
    finish(conductor, first[1], 0.95)
    assert ledger.layout.records.read("0001.json") == record
    rows = leaderboard(ledger.records(), nine.objective)
    assert (rows[0].trial_id, rows[0].attempts, rows[0].as_json()["attempts"]) == ("0001", 2, 2)
    resumed = oracle(name)
    play(Conductor.resumed(nine, Ledger(ledger.layout), resumed))
    for one in (told, resumed):
        assert (one.trials["0001"].status, one.trials["0001"].score) == ("COMPLETED", 0.95)
        assert one.end_order.count("0001") == 1
    assert [record.trial_id for record in ledger.records()] == [f"{number:04}" for number in range(TRIALS)]


def test_an_attempt_that_another_command_has_made_meanwhile_is_not_thrown_away(
    nine: SearchSpecification, ledger: Ledger
) -> None:
    first = play(Conductor.resumed(nine, ledger, oracle()), 4, fails=lambda trial: trial == "0001")
    chosen = choose_retries(ledger, ["0001"])
    check_retries(ledger, chosen)
    retry(ledger, "infeasible")
    finish(Conductor.resumed(nine, Ledger(ledger.layout), oracle()), first[1], 0.95)
    with pytest.raises(LedgerError, match="--retry: 0001 had another attempt by another command just now"):
        check_retries(ledger, chosen)


def test_hyperband_promotes_what_a_retry_has_mended_while_its_bracket_is_open(
    nine: SearchSpecification, ledger: Ledger
) -> None:
    play(Conductor.resumed(nine, ledger, oracle("hyperband")), 5, fails=lambda trial: trial in ("0002", "0003"))
    retry(ledger, "0002")
    conductor = Conductor.resumed(nine, Ledger(ledger.layout), oracle("hyperband"))
    again = conductor.suggest()
    assert isinstance(again, Suggestion)
    finish(conductor, again, 0.95)
    promoted = conductor.suggest()
    assert isinstance(promoted, Suggestion)
    assert (again.trial_id, promoted.parent) == ("0002", "0002")


@pytest.mark.parametrize("writes", range(9))
@pytest.mark.parametrize("name", ["tpe", "hyperband"])
def test_killed_after_any_write_no_attempt_is_lost_or_repeated(
    name: str, writes: int, nine: SearchSpecification, ledger: Ledger
) -> None:
    play(Conductor.resumed(nine, ledger, oracle(name)), 5, fails=lambda trial: trial in ("0001", "0003"))
    for left in (writes, 99):
        killed = KilledAfter(ledger.layout, writes=left)
        with suppress(Killed):
            retry(killed, "infeasible")
            play(Conductor.resumed(nine, killed, told := oracle(name)))
    names = ledger.layout.records.names()
    assert sorted(name for name in names if name.count(".") == 2) == ["0001.2.json", "0003.2.json"]
    assert all(record.state is TrialState.COMPLETED for record in ledger.records())
    assert sorted(told.end_order) == [record.trial_id for record in ledger.records()]


def test_the_first_failures_do_not_end_the_search_again_unless_they_are_repeated(
    nine: SearchSpecification, ledger: Ledger
) -> None:
    conductor = Conductor.resumed(nine, ledger, oracle())
    for suggestion in [conductor.suggest() for _ in range(7)]:
        assert isinstance(suggestion, Suggestion)
        finish(conductor, suggestion, None)
    assert Conductor.resumed(nine, ledger, oracle()).common_failure == "does not fit"
    retry(ledger, "0004")
    mended = Conductor.resumed(nine, ledger, oracle())
    assert mended.common_failure is None
    assert len(play(mended, 1)) == 1
    retry(ledger, "infeasible")
    play(Conductor.resumed(nine, ledger, oracle()), fails=lambda _: True)
    assert len(ledger.records()) == TRIALS  # one has worked


def test_what_is_not_to_be_tried_again_is_one_line_and_changes_nothing(
    nine: SearchSpecification, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    conductor = Conductor.resumed(nine, ledger, oracle())
    play(conductor, 2, fails=lambda trial: trial == "0001")
    conductor.suggest()
    for absent in ("0007", "completed"):
        with pytest.raises(
            SettingsError, match=f"--retry {absent}: expected failed, infeasible, stopped or the id of a trial, and no"
        ):
            choose_retries(ledger, [absent])
    with pytest.raises(
        SettingsError,
        match="--retry 0000: trial 0000 is completed: only one that is failed, infeasible or stopped before it had a",
    ):
        choose_retries(ledger, ["0001", "0000"])
    assert choose_retries(ledger, ["failed", "0002"]) == ()
    assert "--retry failed: no trial is failed." in caplog.text
    assert [one.trial_id for one in choose_retries(ledger, ["infeasible", "0001"])] == ["0001"]
    assert ledger.retries() == []


@pytest.mark.parametrize("wanted", ["stopped", "0001"])
def test_of_the_stopped_those_are_tried_again_that_have_no_score(
    wanted: str, nine: SearchSpecification, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    conductor = Conductor.resumed(nine, ledger, oracle())
    _, cut = conductor.suggest(), conductor.suggest()
    assert isinstance(cut, Suggestion)
    assert choose_retries(ledger, ["stopped"]) == ()
    assert "--retry stopped: no trial is stopped before it had a score." in caplog.text
    conductor.end(ended("0000", 0.5, state=TrialState.STOPPED))
    conductor.end(out_of_time(conductor.record("0001")))
    assert kinds_to_retry(ledger.records()) == ["stopped"]
    with pytest.raises(SettingsError, match="--retry 0000: trial 0000 is stopped: only one that is"):
        choose_retries(ledger, ["0000"])
    assert [(one.trial_id, one.attempt) for one in retry(ledger, wanted)] == [("0001", 2)]
    told = oracle()
    again = Conductor.resumed(nine, Ledger(ledger.layout), told)
    assert told.trials["0001"].status == "RUNNING"
    assert again.suggest() == cut
    finish(again, cut, 0.9)
    assert (told.trials["0001"].status, told.trials["0001"].score) == ("COMPLETED", 0.9)


def test_the_snapshot_takes_the_new_attempt_for_the_old_one(nine: SearchSpecification, ledger: Ledger) -> None:
    create_search(ledger.layout, nine)
    play(Conductor.resumed(nine, ledger, oracle()), fails=lambda trial: trial == "0001")
    ledger.write_state(SearchState.FINISHED)
    retry(ledger, "0001")
    again = Ledger(ledger.layout)
    play(Conductor.resumed(nine, again, oracle()))
    assert b'"attempts":2' not in ledger.layout.root.read("snapshot.json")
    assert [record.attempts for record in ledger.records(history=False)][:3] == [1, 2, 1]
    again.write_state(SearchState.FINISHED)
    assert b'"attempts":2' in ledger.layout.root.read("snapshot.json")
    quick, whole = (SearchView.of(nine, SearchState.FINISHED, ledger.records(history=h)) for h in (False, True))
    assert quick.as_json() == whole.as_json()


@pytest.mark.parametrize("name", ["tpe", "hyperband"])
@pytest.mark.parametrize("trial", ["0002", "0005"])
@pytest.mark.parametrize(
    ("folder", "advice"), [("records", "had ended: put the file back, or try .* --retry"), ("suggestions", "put the")]
)
def test_a_deleted_file_is_one_line_that_names_it(
    name: str, folder: str, advice: str, trial: str, nine: SearchSpecification, ledger: Ledger
) -> None:
    play(Conductor.resumed(nine, ledger, oracle(name)), 7)
    Conductor.resumed(nine, ledger, oracle(name)).suggest()  # all that has ended is in the state
    ledger.layout.root.child(folder).delete(f"{trial}.json")
    with pytest.raises(LedgerError, match=f"{folder}/{trial}.json is missing, and .*{trial}.* {advice}") as refused:
        Conductor.resumed(nine, ledger, oracle(name))
    assert "\n" not in str(refused.value)
    if folder == "records":
        assert [one.attempt for one in retry(ledger, trial)] == [2]
        assert Conductor.resumed(nine, ledger, oracle(name)).suggest() == ledger.suggestion(trial)


@pytest.mark.parametrize(
    "file",
    [
        "specification.json",
        "budget.json",
        "dataset.json",
        "state.json",
        "oracle.json",
        "oracle-rest.json",
        "space.json",
        "lessons.json",
        "drivers/000001-0.json",
        "retries/0001.2.json",
        "suggestions/0001.json",
        "progress/0001.json",
        "records/0000.json",
    ],
)
def test_a_file_that_was_cut_short_is_one_line_that_names_it(
    file: str, nine: SearchSpecification, ledger: Ledger
) -> None:
    root = ledger.layout.root
    create_search(ledger.layout, nine)
    keep_changes(ledger.layout, nine, extended(nine, 12).model_copy(update={"dataset": "/elsewhere"}))
    with driver_heartbeat(root):
        play(Conductor.resumed(nine, ledger, oracle()), 3, fails=lambda trial: trial == "0001")
    ledger.write_state(SearchState.STOPPED)
    retry(ledger, "0001")
    ledger.write_progress(ended("0001", None, state=TrialState.RUNNING, ended=None, attempts=2))
    root.write_whole(file, root.read(file)[:-9] if root.exists(file) else b'{"search": ')
    storage, _, name = root.uri.rpartition("/")

    def read() -> None:
        read_search(storage, name)
        Conductor.resumed(nine, Ledger(ledger.layout), oracle())

    with pytest.raises(GalaxyTunerError, match=file.rpartition("/")[2].replace(".", r"\.")) as refused:
        read()
    assert "\n" not in str(refused.value)


def test_what_a_search_has_learned_from_and_lost_is_one_line(nine: SearchSpecification, ledger: Ledger) -> None:
    learned = Record(trial_id="other/0000", state=TrialState.COMPLETED, hyperparameters={"x": 1}, score=0.5)
    write_warm_start(ledger.layout, WarmStart(search="other", trials=(learned,)))
    play(Conductor.resumed(nine, ledger, oracle()), 2)
    ledger.layout.root.delete("lessons.json")
    with pytest.raises(LedgerError, match=r"lessons\.json is missing, and the oracle has learned from it: put it back"):
        Conductor.resumed(nine, ledger, oracle())


def test_a_trial_whose_parent_is_lost_is_one_line(nine: SearchSpecification, ledger: Ledger) -> None:
    play(Conductor.resumed(nine, ledger, oracle("hyperband")), 6)
    parent = ledger.suggestion("0005").parent
    for file in ("oracle.json", f"suggestions/{parent}.json", f"records/{parent}.json"):
        ledger.layout.root.delete(file)
    with pytest.raises(LedgerError, match=f"suggestions/{parent}.json is missing, and the search knows of trial"):
        Conductor.resumed(nine, ledger, oracle("hyperband"))


def test_without_an_oracle_state_it_is_made_again_of_the_trials(nine: SearchSpecification, ledger: Ledger) -> None:
    play(Conductor.resumed(nine, ledger, oracle()), 3)
    ledger.layout.root.delete("oracle.json")
    conductor = Conductor.resumed(nine, ledger, oracle())
    assert len(play(conductor)) == TRIALS - 3
    assert conductor.suggest() is NoSuggestion.STOPPED
