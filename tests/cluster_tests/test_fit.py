"""From a dataset to a classifier within one limit of time, interrupted on the way."""

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
from cluster_tests.conftest import end_at
from search_tests import examples
from search_tests.examples import ended

from cluster import FitResult, Watches, Where, fit, resume_fit, resume_search, run_search
from cluster.errors import NothingEndedError
from cluster.jobs.choosing import Choosing
from cluster.jobs.interim import InterimBundles
from cluster.jobs.resuming import Changes, resume_within
from datasets import Dataset, FormatError, open_folder
from search import (
    DRIVERS,
    TRAINERS,
    FitRecord,
    Ledger,
    LedgerError,
    Record,
    SearchLayout,
    SearchSettings,
    SearchState,
    SearchView,
    SettingsError,
    Suggestion,
    TimeBudget,
    TrialState,
    create_search,
    driver_heartbeat,
    is_taken,
    note_fit,
    read_fit,
)
from search.layout import TIME
from search.settings import most_trials
from trainer import Manifest, load_bundle, read_manifest

HERE = Where(address="in-process")


def settings(**changes: object) -> SearchSettings:
    known = {"name": "first", "trials": 2, "oracle": "random", "hypermodel": "my_models:tiny", "time_limit": 600}
    return SearchSettings.model_validate(known | changes)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each finalist begin once more, and the search have its half of the time for all that few images validate."""
    monkeypatch.setattr("cluster.jobs.planning._ENOUGH_VALIDATED", 1)
    monkeypatch.setattr("search.finals.planning.BEGINNINGS", 1)
    monkeypatch.setattr("search.finals.coming.MOST_BEGINNINGS", 1)


def bundled(here: Path) -> Manifest:
    return read_manifest(open_folder(here / "runs/first/model"))


@pytest.mark.usefixtures("short")
def test_a_fit_that_was_interrupted_has_a_classifier_and_goes_on_to_a_better_one(
    tiny_dataset: Dataset, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_at(monkeypatch, 3, KeyboardInterrupt())  # the second trial has one epoch of two
    with pytest.raises(KeyboardInterrupt):
        fit(tiny_dataset.info.path, settings(scheduler="none"), 600.0, where=HERE, epochs=2)
    assert bundled(here).interim
    assert [member.name for member in bundled(here).members] == ["0000"]
    load_bundle(here / "runs/first/model")
    seen: list[SearchView] = []
    result = resume_fit("first", where=HERE, watches=Watches(search=seen.append))
    assert seen[-1].counts == {"completed": 2}
    assert seen[-1].specification.settings.time_limit == 300.0
    assert not bundled(here).interim
    assert isinstance(result, FitResult)
    assert result.final is not None
    assert {member.name for member in bundled(here).members} == set(result.final.members)
    assert result.view.finals is not None
    assert result.view.best == result.view.finals.chosen
    assert result.view.finals.worth is not None
    assert "test_macro_f1" in result.final.metrics
    assert 0 < result.seconds < result.time_limit == result.view.limit == 600.0
    with pytest.raises(LedgerError, match="already"):
        fit(tiny_dataset.info.path, settings(), 600.0, where=HERE)
    # One that has ended is not trained again, and no search of one network takes the place of what it came to.
    monkeypatch.setattr("cluster.jobs.fit.resume_within", None)
    again = resume_fit("first", where=HERE)
    assert again.final is not None
    assert again.final.members == result.final.members
    assert again.final.metrics.items() <= result.final.metrics.items()
    # What was trained and cut off from its bundle is in it, however little time is left.
    layout = SearchLayout.of("runs", "first")
    record = read_fit(layout)
    assert record is not None
    assert record.is_done
    note_fit(layout, record.model_copy(update={"is_done": False}))
    layout.bundle.delete_tree()
    again = resume_fit("first", where=HERE, already=590.0)
    assert again.final is not None
    assert (again.final.members, again.final.interim) == (result.final.members, False)
    assert (again.view.state, read_fit(layout)) == (SearchState.FINISHED, record)
    before = bundled(here)
    conductor = SimpleNamespace(records=lambda: Ledger(layout).records(), specification=result.view.specification)
    InterimBundles(layout, conductor, tiny_dataset, None, spent=lambda: 600.0).look()  # type: ignore[arg-type]
    assert bundled(here) == before


def test_where_no_beginning_ends_in_time_the_best_trial_is_the_classifier(
    tiny_dataset: Dataset, here: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def nothing(*_words: object, **_options: object) -> None:
        raise NothingEndedError("the time was up before any training of 2 epochs had ended: give more")

    monkeypatch.setattr("cluster.jobs.fit.train_finalists", nothing)
    # Nor does a trial in the search's part: it goes on for want of any.
    monkeypatch.setattr("cluster.jobs.fit.most_searching", lambda _seconds: 0.001)
    result = fit(tiny_dataset.info.path, settings(trials=1), 600.0, where=HERE, epochs=1)
    assert result.final is not None
    assert result.final.members == ("0000",)
    assert result.as_json()["interim"] is True
    assert 0 <= result.final.metrics["val_macro_f1"] <= 1
    assert "the model is that of trial 0000" in caplog.text
    layout = SearchLayout.of("runs", "first")
    assert read_fit(layout) is not None
    # Also of a search whose first score comes with its end.
    layout.bundle.delete_tree()
    conductor = SimpleNamespace(records=lambda: Ledger(layout).records(), specification=result.view.specification)
    with InterimBundles(layout, conductor, tiny_dataset, None, spent=lambda: 1.0).kept():  # type: ignore[arg-type]
        pass
    assert bundled(here).interim
    (trial,) = bundled(here).members
    assert trial.seed == Ledger(layout).suggestion("0000").seed


def test_a_time_that_is_over_with_the_start_is_refused_and_leaves_nothing(tiny_dataset: Dataset, here: Path) -> None:
    with pytest.raises(SettingsError, match=r"--time-limit 2s: it took \d+ s to start, .* give more time"):
        fit(tiny_dataset.info.path, settings(time_limit=2), 2.0, where=HERE, already=9.0)
    assert not is_taken(SearchLayout.of("runs", "first"))


def test_a_stop_that_is_asked_for_as_the_search_has_ended_is_heard(tiny_dataset: Dataset, here: Path) -> None:
    def ask(view: SearchView) -> None:
        if view.counts.get("completed") == 2:
            Ledger(SearchLayout.of("runs", "first")).request_stop()

    result = fit(tiny_dataset.info.path, settings(), 600.0, where=HERE, epochs=1, watches=Watches(search=ask))
    assert result.is_stopped
    assert result.final is not None
    assert bundled(here).interim
    # One that was meant for an earlier command is not.
    assert not resume_fit("first", where=HERE).is_stopped


def test_a_search_is_no_fit(tiny_dataset: Dataset, here: Path) -> None:
    layout = SearchLayout.of("runs", "first")
    note_fit(layout, FitRecord(time_limit=600.0, search_seconds=300.0, epochs=2, max_slower=8.0))
    run_search(tiny_dataset.info.path, settings(time_limit=None, trials=1, epochs=1), address="in-process")
    # Of a fit that never began nothing is left.
    assert read_fit(layout) is None
    with pytest.raises(
        LedgerError, match="was not begun by `galaxy fit`: `galaxy resume first --address in-process` go"
    ):
        resume_fit("first", where=HERE)
    assert resume_search("first", address="in-process").counts == {"completed": 1}


def test_what_follows_from_the_epochs_follows_from_those_that_are_chosen(tiny_dataset: Dataset) -> None:
    def chosen(settings: SearchSettings, epochs: int | None = None) -> SearchSettings:
        budget = TimeBudget(1e6)
        record = FitRecord(time_limit=1e6, search_seconds=5e5, epochs=100, max_slower=8.0)
        choosing = Choosing(tiny_dataset, budget, budget.part(5e5), record, "in-process", epochs)
        return choosing.choose(settings, 0.1)

    for given, trials in (({"oracle": "hyperband"}, most_trials({"oracle": "hyperband", "epochs": 100})), ({}, None)):
        made = chosen(SearchSettings.model_validate({"name": "first", "time_limit": 600} | given))
        assert (made.epochs, made.trials) == (100, trials)
    made = chosen(SearchSettings(name="first", time_limit=600, trials=5), epochs=7)
    assert (made.epochs, made.trials) == (7, 5)


@pytest.mark.parametrize(("now", "slots"), [(0, 8), (3, 3), (20, 8)])
def test_a_fit_whose_nodes_are_yet_to_join_plans_with_those_that_it_waits_for(
    now: int, slots: int, tiny_dataset: Dataset, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    places = SimpleNamespace(check=lambda: None, trials=lambda: now)
    monkeypatch.setattr("cluster.jobs.choosing.Places", lambda *_settings, **_options: places)
    budget = TimeBudget(1e6)
    record = FitRecord(time_limit=1e6, search_seconds=5e5, epochs=100, max_slower=8.0)
    choosing = Choosing(tiny_dataset, budget, budget.part(5e5), record, "10.0.0.1:6379", None)
    choosing.choose(SearchSettings(name="first", time_limit=600, concurrency=8), 12.34)
    assert f"trials of at most 100 epochs, {slots} at a time; search until" in caplog.text
    assert "An epoch of the defaults takes 12.3 s on this machine; where the nodes are quicker or" in caplog.text


@pytest.mark.parametrize(("given", "trials"), [({"trials": 3}, 3), ({"oracle": "hyperband"}, None)])
def test_no_more_trials_are_foretold_than_there_will_be(
    given: dict[str, object], trials: int | None, tiny_dataset: Dataset, caplog: pytest.LogCaptureFixture
) -> None:
    budget = TimeBudget(1e6)
    record = FitRecord(time_limit=1e6, search_seconds=5e5, epochs=100, max_slower=8.0)
    choosing = Choosing(tiny_dataset, budget, budget.part(5e5), record, "in-process", None)
    chosen = choosing.choose(SearchSettings.model_validate({"name": "first", "time_limit": 600} | given), 0.1)
    assert chosen.trials == trials or most_trials({"oracle": "hyperband", "epochs": chosen.epochs})
    assert f"(about {chosen.trials} trials)" in caplog.text


def test_where_little_fits_the_search_ends_early(tiny_dataset: Dataset) -> None:
    budget = TimeBudget(100.0)
    part = budget.part(50.0)
    record = FitRecord(time_limit=100.0, search_seconds=50.0, epochs=100, max_slower=8.0)
    choosing = Choosing(tiny_dataset, budget, part, record, "in-process", None)
    settings = choosing.choose(SearchSettings(name="first", time_limit=50.0), 1.0)
    assert part.limit == settings.time_limit == choosing.record.search_seconds < 10


def test_of_few_images_others_are_tried_beside_the_defaults(
    tiny_dataset: Dataset, caplog: pytest.LogCaptureFixture
) -> None:
    def points(**given: object) -> tuple[object, ...]:
        budget = TimeBudget(100.0)
        record = FitRecord(time_limit=100.0, search_seconds=50.0, epochs=100, max_slower=8.0)
        choosing = Choosing(tiny_dataset, budget, budget.part(50.0), record, "in-process", None)
        return choosing.choose(SearchSettings.model_validate({"name": "first", "time_limit": 50.0} | given), 1.0).points

    few = {"batch_size": 32, "balance": "oversample"}
    quick = {**few, "augmentation": 0.5, "dropout": 0.1, "blocks_per_stage": 1}
    assert points() == ({}, quick, few)
    assert "blocks_per_stage 1; batch_size 32, balance oversample." in caplog.text
    assert points(trials=2) == ({}, quick)
    asked = {"points": ({"dropout": 0.2},)}
    assert points(**asked) == asked["points"]
    for given in ({"oracle": "hyperband"}, {"oracle": "random"}, {"hypermodel": "my:own"}, {"trials": 1}):
        assert points(**given) == ()


def begun(
    records: Sequence[Record],
    *,
    state: SearchState = SearchState.FINISHED,
    dataset: Dataset | None = None,
    **of: object,
) -> SearchLayout:
    """Leave a fit as its driver does, of 600 s, with the search's ``records`` and nothing else."""
    layout = SearchLayout.of("runs", "first")
    known = {} if dataset is None else {"dataset": dataset.info.path, "fingerprint": dataset.fingerprint}
    create_search(layout, examples.specification(settings(time_limit=300), **known))
    note_fit(
        layout, FitRecord.model_validate({"time_limit": 600, "search_seconds": 300, "epochs": 2, "max_slower": 8} | of)
    )
    ledger = Ledger(layout)
    for record in records:
        ledger.write_suggestion(Suggestion(trial_id=record.trial_id, values={}, seed=1, suggested=""))
        ledger.write_record(record)
    ledger.write_state(state)
    return layout


NONE = [ended(f"000{n}", None, reason=f"cannot build {n} units", hyperparameters={"units": n}) for n in range(2)]
CUT = ended("0002", None, state=TrialState.STOPPED, epochs=0)


@pytest.mark.parametrize(
    ("records", "said"),
    [
        (
            NONE,
            "none of 2 trials of fit 'first' has a score; why most failed: cannot build 0 units: mend that, then "
            "`galaxy resume first --retry infeasible --address in-process` tries them again",
        ),
        (
            [CUT],
            "none of 1 trials of fit 'first' has a score: "
            "`galaxy resume first --retry stopped --address in-process` tries them again",
        ),
    ],
)
def test_where_no_trial_has_a_score_and_there_is_time_it_is_said_why(
    here: Path, records: list[Record], said: str
) -> None:
    begun(records)
    with pytest.raises(NothingEndedError) as raised:
        resume_fit("first", where=HERE)
    assert str(raised.value) == said


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([], "the time was up before any trial had a score: give `galaxy resume first --address in-process` more, "),
        (
            [*NONE, CUT],
            "the time was up before any trial had a score; why most failed: cannot build 0 units: mend that, then give "
            "`galaxy resume first --retry infeasible --retry stopped --address in-process` more, ",
        ),
        (
            [ended("0000", 0.5)],
            "fit 'first' has used up its time, 10m, and there is no classifier at {model}: "
            "`galaxy resume first --time-limit TIME --address in-process`, with more, makes it again",
        ),
    ],
)
def test_where_its_time_is_up_and_there_is_nothing_more_time_is_asked_for(
    here: Path, records: list[Record], said: str
) -> None:
    layout = begun(records)
    with pytest.raises(NothingEndedError) as raised:
        resume_fit("first", where=HERE, already=590.0)
    assert str(raised.value).startswith(said.format(model=layout.bundle.uri))
    with pytest.raises(
        SettingsError, match=r"^--retry: fit 'first' has used up its time, 10m: --time-limit, with more"
    ):
        resume_fit("first", where=HERE, already=590.0, retry=["infeasible"])


@pytest.mark.parametrize("state", [SearchState.FINISHED, SearchState.FAILED])
@pytest.mark.parametrize("given", [{"retry": ["failed", "infeasible"]}, {"accept_space": True}, {}], ids=str)
def test_trials_of_a_fit_are_tried_again_and_its_edited_space_is_accepted(
    tiny_dataset: Dataset, here: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, object], state: SearchState
) -> None:
    begun(NONE, state=state, dataset=tiny_dataset)
    asked: list[Changes] = []

    def resume(_part: TimeBudget, _name: str, changes: Changes, *_where: object, **_more: object) -> None:
        asked.append(changes)
        raise KeyboardInterrupt

    monkeypatch.setattr("cluster.jobs.fit.resume_within", resume)
    with pytest.raises((KeyboardInterrupt, NothingEndedError)):
        resume_fit("first", where=HERE, **given)  # type: ignore[arg-type]
    # A search that has come to its end goes on where it is to do more.
    changes = given | {"retry": ["0000", "0001"]} if "retry" in given else given | {"retry": []}
    assert asked == [Changes(**changes)] * bool(given or state is SearchState.FAILED)  # type: ignore[arg-type]


def test_the_greater_limit_of_a_fit_stands_before_anything_is_trained_for_it(
    tiny_dataset: Dataset, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_words: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cluster.jobs.fit.train_finalists", killed)
    layout = begun([ended("0000", 0.5)], dataset=tiny_dataset, search_seconds=500, is_done=True)
    with pytest.raises(KeyboardInterrupt):
        resume_fit("first", where=HERE, time_limit=700.0)
    record = read_fit(layout)
    assert record is not None
    assert (record.time_limit, record.search_seconds, record.is_done) == (700.0, 500.0, False)


def test_the_greater_limit_of_a_fit_stands_where_its_search_has_too_little_of_it(here: Path) -> None:
    layout = begun([ended("0000", 0.5)])
    record = FitRecord(time_limit=700.0, search_seconds=301.0, epochs=2, max_slower=8.0)
    part = TimeBudget(700.0, already=300.0).part(301.0)
    resume_within(part, "first", Changes(time_limit=301.0), HERE, fit=record)
    assert read_fit(layout) == record


def test_who_is_refused_has_taken_no_time_and_started_no_ray(
    tiny_dataset: Dataset, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cluster.jobs.fit.connected", None)
    layout = begun([ended("0000", 0.5)], dataset=tiny_dataset)
    for drivers in (DRIVERS, TRAINERS):
        with (
            driver_heartbeat(layout.root, drivers=drivers),
            pytest.raises(LedgerError, match=r"^fit 'first' is running: .*`galaxy stop first` ends it"),
        ):
            resume_fit("first")
    with pytest.raises(SettingsError, match="--retry 0000: trial 0000 is completed: only one that is failed"):
        resume_fit("first", retry=["0000"])
    with pytest.raises(FormatError, match="nowhere"):
        resume_fit("first", dataset="/nowhere")
    assert not layout.root.exists(TIME)
