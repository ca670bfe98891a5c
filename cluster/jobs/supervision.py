"""A search while it runs: its state is written, Ctrl-C and `galaxy stop` are heard, and whoever watches is told."""

import contextlib
import logging
from collections.abc import Callable, Iterator

from cluster.driving.interrupting import Terminated, going_on, interruptible
from cluster.errors import NoMemoryError, NoNodeError, RayGoneError
from datasets import GalaxyTunerError, StorageError, place_of, placed
from search import (
    FAIL_FAST_TRIALS,
    Conductor,
    Ledger,
    SearchError,
    SearchLayout,
    SearchState,
    SearchView,
    repeating,
)

Watch = Callable[[SearchView], None]
_WATCH_SECONDS = 1.0
_NO_FAULT_OF_ITS = (RayGoneError, NoMemoryError, NoNodeError, StorageError)
_log = logging.getLogger(__name__)


@contextlib.contextmanager
def supervised(conductor: Conductor, layout: SearchLayout, watch: Watch | None) -> Iterator[None]:
    """Supervise the search that runs in the block; ``watch`` is called about once a second, and once at the end.

    Raises SearchError, which ends the search as failed, if its first trials all failed for one reason.
    """
    ledger = Ledger(layout)

    def look(_is_last: bool) -> None:
        with contextlib.suppress(StorageError):  # a passing fault of the storage: the next look may get through
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
    """Write the search's state as the block begins and as it ends."""
    ledger.write_state(SearchState.RUNNING)
    try:
        yield
    except KeyboardInterrupt:
        ledger.write_state(SearchState.STOPPED, "interrupted by its user")
        raise
    except Terminated as error:
        ledger.write_state(SearchState.INTERRUPTED, error.reason)
        raise
    except BaseException as error:
        state = (
            SearchState.INTERRUPTED
            if isinstance(error, RayGoneError | NoMemoryError | NoNodeError)
            else SearchState.FAILED
        )
        is_ours = isinstance(error, GalaxyTunerError)
        reason = str(error) if is_ours else placed(f"{type(error).__name__}: {error}", place_of(error))
        ledger.write_state(state, reason)
        raise
    ledger.write_state(SearchState.STOPPED if conductor.stopping else SearchState.FINISHED, _exhaustion(conductor))


def _exhaustion(conductor: Conductor) -> str | None:
    """Say that a search has ended before its budget was used up, because there is nothing left to try."""
    tried, planned = len(conductor.records()), conductor.specification.settings.trials
    if conductor.stopping or not conductor.exhausted:
        return None
    reason = f"the space is exhausted: the oracle has nothing left to try after {tried} of {planned} trials"
    _log.warning("%s.", reason[0].upper() + reason[1:])
    return reason
