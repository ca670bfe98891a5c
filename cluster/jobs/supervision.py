"""A search while it runs: its state is written, Ctrl-C and `galaxy stop` are heard, and whoever watches is told."""

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from cluster.driving.interrupting import Terminated, going_on, interruptible
from cluster.errors import NoMemoryError, NoNodeError, RayGoneError
from cluster.jobs.time_limit import left_over, waiting_ended
from datasets import GalaxyTunerError, StorageError, impatient, place_of, placed, stop_waiting
from search import (
    FAIL_FAST_TRIALS,
    Conductor,
    Ledger,
    Place,
    PlaceLostError,
    SearchError,
    SearchLayout,
    SearchState,
    SearchView,
    TimeBudget,
    end_all,
    repeating,
)

Watch = Callable[[SearchView], None]
_WATCH_SECONDS = 1.0
# Faults of machines and of the storage: the search goes on when it is resumed.
_NO_FAULT_OF_ITS = (RayGoneError, NoMemoryError, NoNodeError, StorageError)
_log = logging.getLogger(__name__)


@contextlib.contextmanager
def supervised(
    conductor: Conductor,
    layout: SearchLayout,
    watch: Watch | None,
    place: Place | None = None,
    budget: TimeBudget | None = None,
    *,
    address: str = "local",
) -> Iterator[None]:
    """Supervise the search that runs in the block; ``watch`` is called about once a second, and once at the end.

    ``place`` is its driver's, ``budget`` the search's: what is spent of it is made durable. Raises SearchError, which
    ends the search as failed, if its first trials all failed for one reason.
    """
    settings, ledger = conductor.specification.settings, Ledger(layout, place)
    budget = budget or TimeBudget()
    spent = None if budget.limit is None else budget.spent

    def look(_is_last: bool) -> None:
        nonlocal watch
        # A passing fault of the storage: the next look may get through.
        with contextlib.suppress(StorageError), impatient():
            if not conductor.stopping and ledger.stop_requested():
                conductor.stop()
        if watch is not None:
            so_far = None if spent is None else spent()
            view = SearchView.of(conductor.specification, SearchState.RUNNING, conductor.records(), spent=so_far)
            try:
                watch(replace(view, whole=budget.whole.limit) if budget.is_part else view)
            except Exception:  # whatever it does, this thread is the one that hears of `galaxy stop`
                _log.warning("What watches search %r failed, and is told no more.", settings.name, exc_info=True)
                watch = None

    watching = repeating(look, seconds=_WATCH_SECONDS, name="watch")
    resuming = partial(settings.resuming, layout, address=address, is_fit=budget.is_part)
    command = resuming()
    ending = waiting_ended(budget, is_remote=layout.root.local is None)
    written = _state_written(conductor, ledger, budget, command)
    with budget.kept(place), ending, going_on(command), written, interruptible(conductor.stop), watching:
        yield
        if conductor.common_failure is not None:
            raise SearchError(
                f"the first {FAIL_FAST_TRIALS} trials of {settings.name!r} all failed, for the same reason: "
                f"{conductor.common_failure}: mend that, then "
                f"{resuming('failed', 'infeasible')}"
            )


@contextlib.contextmanager
def _state_written(conductor: Conductor, ledger: Ledger, budget: TimeBudget, command: str) -> Iterator[None]:
    """Write the search's state as the block begins and as it ends; not over that of another driver's.

    ``command`` goes on with it.
    """
    ledger.write_state(SearchState.RUNNING)
    try:
        yield
    except PlaceLostError:
        raise
    except KeyboardInterrupt:
        _write_last(ledger, SearchState.STOPPED, "interrupted by its user")
        raise
    except Terminated as error:
        _write_last(ledger, SearchState.INTERRUPTED, error.reason)
        raise
    except BaseException as error:
        state = SearchState.INTERRUPTED if isinstance(error, _NO_FAULT_OF_ITS) else SearchState.FAILED
        is_ours = isinstance(error, GalaxyTunerError)
        reason = str(error) if is_ours else placed(f"{type(error).__name__}: {error}", place_of(error))
        _write_last(ledger, state, reason)
        if isinstance(error, StorageError):
            when = "the time is up, and the storage is away: " if conductor.is_over else ""
            raise StorageError(f"{when}{error}: what has ended stands, and {command} goes on with the rest") from error
        raise
    if conductor.stopping:
        ledger.write_state(SearchState.STOPPED)
        return
    if (conductor.out_of_time or conductor.is_over) and conductor.common_failure is None:
        end_all(ledger)
    ledger.write_state(SearchState.FINISHED, _why_early(conductor, budget))


def _write_last(ledger: Ledger, state: SearchState, reason: str) -> None:
    """Write the state of a search that something has ended; where the storage refuses, that goes on and is said."""
    stop_waiting()
    with contextlib.suppress(StorageError, PlaceLostError):
        ledger.write_state(state, reason)


def _why_early(conductor: Conductor, budget: TimeBudget) -> str | None:
    """Say why a search has ended before its budget was used up: nothing is left to try, or too little time for it."""
    tried, planned = len(conductor.records()), conductor.specification.settings.trials
    reason = left_over(conductor, budget)
    if conductor.exhausted:
        of = "" if planned is None else f" of {planned}"
        reason = f"the space is exhausted: the oracle has nothing left to try after {tried}{of} trials"
    if reason is not None:
        _log.warning("%s.", reason[0].upper() + reason[1:])
    return reason
