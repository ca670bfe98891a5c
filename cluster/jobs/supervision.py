"""A search while it runs: its state is written, Ctrl-C and `galaxy stop` are heard, and whoever watches is told."""

import contextlib
import logging
from collections.abc import Callable, Iterator

from cluster.driving.interrupting import Terminated, going_on, interruptible
from cluster.errors import NoMemoryError, NoNodeError, RayGoneError
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
    repeating,
)

Watch = Callable[[SearchView], None]
_WATCH_SECONDS = 1.0
# Faults of machines and of the storage: the search goes on when it is resumed.
_NO_FAULT_OF_ITS = (RayGoneError, NoMemoryError, NoNodeError, StorageError)
_log = logging.getLogger(__name__)


@contextlib.contextmanager
def supervised(
    conductor: Conductor, layout: SearchLayout, watch: Watch | None, place: Place | None = None
) -> Iterator[None]:
    """Supervise the search that runs in the block; ``watch`` is called about once a second, and once at the end.

    ``place`` is its driver's. Raises SearchError, which ends the search as failed, if its first trials all failed for
    one reason.
    """
    ledger = Ledger(layout, place)

    def look(_is_last: bool) -> None:
        # A passing fault of the storage: the next look may get through.
        with contextlib.suppress(StorageError), impatient():
            if not conductor.stopping and ledger.stop_requested():
                conductor.stop()
        if watch is not None:
            watch(SearchView.of(conductor.specification, SearchState.RUNNING, conductor.records()))

    watching = repeating(look, seconds=_WATCH_SECONDS, name="watch")
    settings = conductor.specification.settings
    resuming = going_on(settings.resuming())
    with resuming, _state_written(conductor, ledger), interruptible(conductor.stop), watching:
        yield
        if conductor.common_failure is not None:
            raise SearchError(
                f"the first {FAIL_FAST_TRIALS} trials of {settings.name!r} all failed, for the same reason: "
                f"{conductor.common_failure}: mend that, then {settings.resuming('failed', 'infeasible')}"
            )


@contextlib.contextmanager
def _state_written(conductor: Conductor, ledger: Ledger) -> Iterator[None]:
    """Write the search's state as the block begins and as it ends; not over that of another driver's."""
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
            command = conductor.specification.settings.resuming()
            raise StorageError(f"{error}: what has ended stands, and {command} goes on with the rest") from error
        raise
    ledger.write_state(SearchState.STOPPED if conductor.stopping else SearchState.FINISHED, _exhaustion(conductor))


def _write_last(ledger: Ledger, state: SearchState, reason: str) -> None:
    """Write the state of a search that something has ended; where the storage refuses, that goes on and is said."""
    stop_waiting()
    with contextlib.suppress(StorageError, PlaceLostError):
        ledger.write_state(state, reason)


def _exhaustion(conductor: Conductor) -> str | None:
    """Say that a search has ended before its budget was used up, because there is nothing left to try."""
    tried, planned = len(conductor.records()), conductor.specification.settings.trials
    if conductor.stopping or not conductor.exhausted:
        return None
    reason = f"the space is exhausted: the oracle has nothing left to try after {tried} of {planned} trials"
    _log.warning("%s.", reason[0].upper() + reason[1:])
    return reason
