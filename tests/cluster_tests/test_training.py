"""The winners of a search, trained fully."""

import importlib
import os
import re
from pathlib import Path

import pytest

from cluster import TrainSettings, run_search, train_winners, train_within
from cluster.driving.connection import connected
from cluster.jobs.coming import Fixed
from cluster.workers.member import Winner
from datasets import Dataset, open_folder
from search import FinalsStanding, LedgerError, SearchSettings, SpaceError, read_search
from search.finals import coming, planning
from trainer import InfeasibleError, read_manifest

pytestmark = pytest.mark.filterwarnings(
    # Keras 3.15 saves variables by an `__array__` that NumPy 2 would like to have one more argument.
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)


@pytest.fixture
def searched(tiny_dataset: Dataset, here: Path) -> Path:
    """Return the directory in which a search called first, of an object given, has two trials."""
    found = SearchSettings(name="first", trials=2, epochs=1, scheduler="none")
    run_search(tiny_dataset.info.path, found, hypermodel=frail(), address="in-process")
    (here / "built.txt").unlink()
    return here


def frail() -> object:
    return importlib.import_module("my_models").frail


def builders(here: Path) -> set[int]:
    """Return the processes that have built models since the search."""
    return {int(line.split()[0]) for line in (here / "built.txt").read_text().splitlines()}


@pytest.mark.slow
def test_several_are_trained_at_once_on_ray_and_a_worker_that_is_lost_or_told_to_end_is_replaced(
    searched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Winners, then finalists on the same Ray."""
    monkeypatch.setattr(coming, "MOST_BEGINNINGS", 2)
    for module in (coming, planning):
        monkeypatch.setattr(module, "BEGINNINGS", 2)
    for name in ("lost", "told", "told again"):
        (searched / name).touch()
    specification = searched / "runs" / "first" / "specification.json"
    # For the lost one: if those that are told to end used up any, one of the two winners would have too few.
    specification.write_text(re.sub(r'"max_failures": \d', '"max_failures": 1', specification.read_text()))
    reports: list[tuple[int, int | None]] = []
    with connected("local", read_search("runs", "first").specification.settings):
        result = train_winners(
            "first",
            TrainSettings(seeds=2, ensemble=True, epochs=3),
            hypermodel=frail(),
            progress=lambda *done: reports.append(done),
        )
        built, manifest = builders(searched), read_manifest(open_folder(result.model))
        (searched / "lost").touch()
        train_within("first", TrainSettings(epochs=1, time_limit=600), hypermodel=frail())
    # One in place of each that was told to end, unless another that had just ended its own went on with it.
    assert 2 + 1 <= len(built - {os.getpid()}) <= 2 + 2
    assert not (searched / "told again").exists()
    finals = read_search("runs", "first").finals
    assert finals is not None
    assert all(len(one.beginnings) == 2 for one in finals.finalists)
    # A worker goes on with the next beginning, and there were two and one in place of the lost.
    assert len(builders(searched) - built) <= 2 + 1
    (best,) = {name.partition("-")[0] for name in result.members}
    assert {*result.members} <= {best, f"{best}-2"}
    assert all(member.epochs == 3 for member in manifest.members)
    assert manifest.commands[-1].startswith("galaxy train first --top 1 --seeds 2 --epochs 3 --ensemble ")
    last, total = reports[-1]
    assert last == total


def test_in_process_one_after_another(searched: Path) -> None:
    trained: list[int] = []

    def train() -> bool:
        """Return whether anything was trained."""
        trained.clear()
        train_winners(
            "first",
            TrainSettings(top=2, epochs=2),
            hypermodel=frail(),
            address="in-process",
            progress=lambda done, _: trained.append(done),
        )
        return bool(trained)

    assert train()
    assert builders(searched) == {os.getpid()}
    assert not train()
    module = searched / "my_models.py"
    before = module.read_text()
    module.write_text(before.replace('activation="relu"', 'activation="gelu"'))
    with pytest.raises(SpaceError, match="the code of the space was edited since its networks were trained in full"):
        train()
    assert trained == []
    module.write_text(before)
    assert not train()


def test_what_cannot_be_trained_is_left_out_unless_nothing_can(caplog: pytest.LogCaptureFixture) -> None:
    reports: list[tuple[int, int | None]] = []
    winners = [Winner(name, {}, 1, 1) for name in ("0000", "0001")]
    fixed = Fixed(winners, [4, 6], lambda *done: reports.append(done))
    fixed.failed("0000", InfeasibleError("0000: diverged"))
    assert caplog.messages == ["Left out, as it cannot be trained: 0000: diverged."]
    assert fixed.left_out == {"0000"}
    fixed.ended("0001")
    fixed.unwanted()
    assert reports == [(10, 10)]
    with pytest.raises(InfeasibleError, match="0001: diverged"):
        fixed.failed("0001", InfeasibleError("0001: diverged"))


def test_more_winners_than_trials_are_refused(searched: Path) -> None:
    with pytest.raises(LedgerError, match=r"search 'first' has 2 trials with a score, and --top 3 asks for more"):
        train_winners("first", TrainSettings(top=3), hypermodel=frail())


def test_within_a_time_finalists_are_trained_again_and_the_best_mean_is_chosen(
    searched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coming, "MOST_BEGINNINGS", 2)
    told: list[FinalsStanding] = []
    settings = TrainSettings(epochs=2, time_limit=600)
    result = train_within("first", settings, hypermodel=frail(), address="in-process", watch=told.append)
    assert builders(searched) == {os.getpid()}
    view = read_search("runs", "first")
    finals = view.finals
    assert finals is not None
    # The first trial had the space's defaults; each had three beginnings, or two where it was dropped.
    assert [(one.trial_id, one.is_defaults) for one in finals.finalists] == [("0000", True), ("0001", False)]
    assert {len(one.beginnings) for one in finals.finalists} <= {2, 3}
    assert view.best == finals.chosen
    assert {row.trial_id: row.beginnings for row in view.rows} == {
        one.trial_id: len(one.beginnings) for one in finals.finalists
    }
    assert finals.worth is not None
    assert "space's defaults" in finals.worth.sentence
    assert {name.partition("-b")[0] for name in result.members} >= {finals.chosen}
    manifest = read_manifest(open_folder(result.model))
    assert all(member.epochs == 2 for member in manifest.members)
    assert manifest.commands[-1].startswith("galaxy train first --epochs 2 --time-limit 10m ")
    assert told[-1].is_last_step
    # Given again it trains nothing anew.
    (searched / "built.txt").unlink()
    again = train_within("first", settings, hypermodel=frail(), address="in-process")
    assert again.as_json() == result.as_json()
    # Nor is anything written anew.
    assert read_manifest(open_folder(again.model)) == manifest
    assert read_search("runs", "first").finals == finals
