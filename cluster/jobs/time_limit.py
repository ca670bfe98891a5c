"""A search's time limit: what of it the trials may have, and what is said where time is left over or was too short."""

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypedDict

from datasets import is_waiting, stop_waiting, write_duration
from search import (
    Conductor,
    Ledger,
    Place,
    SearchLayout,
    SearchSettings,
    SearchState,
    SettingsError,
    TimeBudget,
    end_all,
    epoch_seconds,
    repeating,
    start_seconds,
)

# Kept for the end of a command: last reports and records, Ray's workers, what is shown, the interpreter's own end.
_IN_PROCESS_SECONDS, _ON_RAY_SECONDS = 3.0, 10.0
# Of what is kept trials have this share to be late in: their workers hear of the end between two batches.
_LATE_SHARE = 0.4
# A resumed command takes longer than this before its first trial goes on.
_LEAST_START_SECONDS = 5.0
# A storage that is away answers a question that was asked of it within so long, or never (`datasets.storage.remote`).
_ANSWER_SECONDS = 25.0
_LOOK_SECONDS = 0.5
_UNUSED_SHARE = 0.1
# Of its epochs, that a late trial must be able to train where the time could do something else.
_LEAST_SHARE = 0.5
_log = logging.getLogger(__name__)


def closing_seconds(address: str) -> float:
    """Return the seconds before the end of the time at which trials on the Ray at ``address`` end."""
    return _IN_PROCESS_SECONDS if address == "in-process" else _ON_RAY_SECONDS


def late_seconds(address: str) -> float:
    """Return for how long trials are waited for that have not ended with their time."""
    return _LATE_SHARE * closing_seconds(address)


def for_trials(budget: TimeBudget, address: str) -> TimeBudget:
    """Return the budget of a search's trials, which ends before the search's own."""
    return budget if budget.limit is None else budget.short_of(closing_seconds(address))


class Limits(TypedDict):
    """What `search.Conductor` is told of its time."""

    budget: TimeBudget
    least_share: float


def limits(budget: TimeBudget, address: str) -> Limits:
    """Return what a search may do with its time. What goes to something else is not spent on the shortest trials."""
    return {"budget": for_trials(budget, address), "least_share": _LEAST_SHARE if budget.is_part else 0.0}


def check_enough(budget: TimeBudget, address: str) -> None:
    """Raise SettingsError, one line, if a search that is about to begin has no time left for trials."""
    limit = budget.whole.limit
    if limit is not None and for_trials(budget, address).left() <= 0:
        raise SettingsError(
            f"--time-limit {write_duration(limit)}: it took {budget.spent():.0f} s to start, and ending takes "
            f"{closing_seconds(address):.0f} s: give more time"
        )


def warn_if_none_fits(epoch_seconds: float, budget: TimeBudget, address: str) -> None:
    """Say so where an epoch of the defaults, of so many seconds here, takes longer than trials have time."""
    left = for_trials(budget, address).left()
    if epoch_seconds > left:
        _log.warning(
            "An epoch of the defaults takes about %s here, and %s are left for trials: none may have a score: "
            "give more time, or smaller models or images.",
            write_duration(math.ceil(epoch_seconds)),
            write_duration(max(1, round(left))),
        )


def is_spent(budget: TimeBudget, address: str) -> bool:
    """Whether a search that is resumed has too little time left to go on with anything."""
    return for_trials(budget, address).left() <= _LEAST_START_SECONDS


def check_more(budget: TimeBudget, settings: SearchSettings, given: float | None, address: str) -> None:
    """Raise SettingsError, one line, if the time that a search is ``given``, another than it was to have, `is_spent`.

    Who gives it time means its trials to go on: recorded as stopped, they never would. Where that is a part of more,
    the rest is for something else.
    """
    if given is None or given == settings.time_limit or budget.is_part or not is_spent(budget, address):
        return
    taken = write_duration(math.ceil(budget.spent()))
    raise SettingsError(
        f"--time-limit {write_duration(given)}: search {settings.name!r} has taken {taken} already, and its end takes "
        f"{closing_seconds(address):.0f} s: ask for more"
    )


def end_without_trials(
    layout: SearchLayout, settings: SearchSettings, place: Place, *, retries: bool = False, is_part: bool = False
) -> None:
    """End a search that `is_spent`: what has not ended is recorded as stopped. Of one that ``is_part`` nothing is said.

    Raises SettingsError, one line, with ``retries``.
    """
    limit = write_duration(settings.time_limit or 0.0)
    fault = f"the time of search {settings.name!r}, {limit}, is used up: --time-limit, with more, lets it go on"
    if retries:
        raise SettingsError(f"--retry: {fault}")
    ledger = Ledger(layout, place)
    end_all(ledger)
    ledger.write_state(SearchState.FINISHED, fault)
    if not is_part:
        _log.warning("%s.", fault[0].upper() + fault[1:])


@contextmanager
def waiting_ended(budget: TimeBudget, *, is_remote: bool) -> Iterator[None]:
    """While the block runs, let nothing wait for a storage that is away past the end of ``budget``.

    Of a part that is the end of the whole: until then it may be back.
    """

    def look(_is_last: bool) -> None:
        left = budget.whole.left()
        if left <= _IN_PROCESS_SECONDS / 2 or (is_remote and left <= _ANSWER_SECONDS and is_waiting()):
            stop_waiting()

    if budget.limit is None:
        yield
        return
    with repeating(look, seconds=_LOOK_SECONDS, name="time's end"):
        yield


def left_over(conductor: Conductor, budget: TimeBudget) -> str | None:
    """Say why a search that has ended leaves more than a tenth of its time unused; None where it does not."""
    if budget.limit is None or budget.is_part or budget.left() <= _UNUSED_SHARE * budget.limit:
        return None
    records, planned = conductor.records(), conductor.specification.settings.trials
    unused = f"{budget.left():.0f} s of {write_duration(budget.limit)} are unused"
    epoch = epoch_seconds(records)
    if conductor.is_over:
        return f"{unused}: they were kept for the end of the command"
    if conductor.out_of_time and epoch is not None:
        start = start_seconds(records)
        return f"{unused}: no further trial could start, in {start:.0f} s, and finish an epoch, of {epoch:.0f} s"
    if planned is None:
        return unused
    cut = sum(record.was_cut for record in records)
    again = f", {cut} of them stopped before they had a score: --retry stopped tries those again" if cut else ""
    return f"{unused}: {len(records)} of {planned} trials were tried{again}"
