"""Launching a search: everything that can be wrong is said before anything is trained, then the trials run."""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from functools import partial

from cluster.driving.in_process import run_in_process
from cluster.driving.interrupting import interruptible
from cluster.errors import RayGoneError
from cluster.jobs.preparation import Preparation
from datasets import Dataset, GalaxyTunerError, StorageError, open_folder
from search import (
    FAIL_FAST_TRIALS,
    Conductor,
    Ledger,
    LedgerError,
    SearchError,
    SearchLayout,
    SearchSettings,
    SearchSpecification,
    SearchState,
    SearchView,
    WarmStart,
    check_name_free,
    create_search,
    driver_heartbeat,
    driver_is_alive,
    open_same_dataset,
    raise_trial_budget,
    read_search,
    read_specification,
    read_warm_start,
    write_warm_start,
)
from trainer import Objective

Watch = Callable[[SearchView], None]
Run = Callable[[Conductor, SearchLayout], None]
_WATCH_SECONDS = 1.0
_log = logging.getLogger(__name__)


def run_search(
    dataset: str,
    settings: SearchSettings,
    *,
    storage: str = "runs",
    address: str = "local",
    watch: Watch | None = None,
) -> SearchView:
    """Search over the dataset at ``dataset`` and return the search as it stands at its end.

    ``address`` is 'local' (a Ray of its own), 'in-process', 'auto' or 'HOST:PORT'. ``watch`` is called about
    once a second, from another thread, with the search as it stands.

    Raises a `datasets.GalaxyTunerError` (one line for the user) before any training if the dataset, the storage, the
    name, the HyperModel, the objective or the address cannot be used. One Ctrl-C finishes what runs and
    stops; a second is a KeyboardInterrupt that leaves the search *stopped*, its running trials to be resumed.
    """
    settings.check()
    layout = SearchLayout.of(storage, settings.name)
    open_folder(storage).check_writable()
    check_name_free(layout, settings.name)
    opened = Dataset.open(dataset)
    prepared = Preparation(opened, settings)
    settings, lessons = prepared.first_points(), prepared.lessons(storage)
    oracle = prepared.oracle()
    specification = SearchSpecification.of(settings, opened, Objective.parse(settings.objective))
    with _runner(address, settings) as run:
        create_search(layout, specification)
        with _driving(layout):
            _keep(lessons, layout)
            _drive(Conductor.resumed(specification, Ledger(layout), oracle), layout, run, watch)
    return read_search(storage, settings.name)


def resume_search(
    name: str,
    *,
    storage: str = "runs",
    address: str = "local",
    trials: int | None = None,
    watch: Watch | None = None,
) -> SearchView:
    """Go on with the search called ``name``, whatever ended it, and return it as it stands at its end.

    What has ended stands; what had not goes on from its last checkpoint; oracle and scheduler know what they knew.
    ``trials`` extends the search to so many. The rest is as in `run_search`.

    Raises LedgerError if there is no such search, its driver is alive, or its dataset has changed.
    """
    layout = SearchLayout.of(storage, name)
    specification = read_specification(layout)
    if driver_is_alive(layout.root):
        raise LedgerError(f"search {name!r} is running: its driver is alive; `galaxy stop {name}` ends it")
    with _driving(layout):
        if trials is not None:
            specification = raise_trial_budget(layout, specification, trials)
        prepared = Preparation(open_same_dataset(specification), specification.settings)
        # Killed between the creation of the search and these: nothing had been tried.
        lessons = prepared.lessons(storage) if read_warm_start(layout) is None else None
        oracle = prepared.oracle()
        with _runner(address, specification.settings) as run:
            _keep(lessons, layout)
            _drive(Conductor.resumed(specification, Ledger(layout), oracle), layout, run, watch)
    return read_search(storage, name)


def stop_search(name: str, *, storage: str = "runs") -> SearchView:
    """Ask the driver of the search called ``name``, on whatever machine, to finish what runs and stop.

    Returns at once. Raises LedgerError if there is no such search or no driver is alive.
    """
    layout = SearchLayout.of(storage, name)
    read_specification(layout)
    if not driver_is_alive(layout.root):
        raise LedgerError(f"search {name!r} is not running: there is nothing to stop")
    Ledger(layout).request_stop()
    return read_search(storage, name)


@contextlib.contextmanager
def _driving(layout: SearchLayout) -> Iterator[None]:
    """Be the search's driver, the only one, while the block runs. Raises LedgerError if another one is."""
    with driver_heartbeat(layout.root):
        Ledger(layout).forget_stop()
        yield


def _keep(lessons: WarmStart | None, layout: SearchLayout) -> None:
    if lessons is not None:
        write_warm_start(layout, lessons)
        _log.warning("Warm start: %s.", lessons)


def _drive(conductor: Conductor, layout: SearchLayout, run: Run, watch: Watch | None) -> None:
    with _said(conductor, layout), interruptible(conductor.stop), _watched(conductor, Ledger(layout), watch):
        run(conductor, layout)
        _fail_fast(conductor)


def _fail_fast(conductor: Conductor) -> None:
    """Raise SearchError, which ends the search as failed, if its first trials all failed for one reason."""
    reason = conductor.common_failure
    if reason is not None:
        name = conductor.specification.settings.name
        raise SearchError(
            f"the first {FAIL_FAST_TRIALS} trials of {name!r} all failed, for the same reason: {reason}: "
            "mend that, then search again under another --name"
        )


@contextlib.contextmanager
def _runner(address: str, settings: SearchSettings) -> Iterator[Run]:
    """Give what runs a conductor's trials at ``address``; Ray is connected while the block runs."""
    if address == "in-process":
        yield run_in_process
        return
    # Only here: an in-process search needs no Ray.
    from cluster.driving.connection import connected
    from cluster.driving.ray_runner import run_on_ray

    with connected(address, settings):
        yield partial(run_on_ray, address=address)


@contextlib.contextmanager
def _said(conductor: Conductor, layout: SearchLayout) -> Iterator[None]:
    """Say the search's state while the block runs and when it ends."""
    ledger = Ledger(layout)
    ledger.write_state(SearchState.RUNNING)
    try:
        yield
    except KeyboardInterrupt:
        ledger.write_state(SearchState.STOPPED, "interrupted by its user")
        raise
    except RayGoneError as error:
        ledger.write_state(SearchState.INTERRUPTED, str(error))
        raise
    except GalaxyTunerError as error:
        ledger.write_state(SearchState.FAILED, str(error))
        raise
    except BaseException as error:
        ledger.write_state(SearchState.FAILED, f"{type(error).__name__}: {error}")
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


@contextlib.contextmanager
def _watched(conductor: Conductor, ledger: Ledger, watch: Watch | None) -> Iterator[None]:
    """About once a second, and once more at the end, call ``watch`` and look whether somebody asked to stop."""
    done = threading.Event()

    def look() -> None:
        ended = False
        while not ended:
            ended = done.wait(_WATCH_SECONDS)
            with contextlib.suppress(StorageError):  # a passing fault of the storage: the next look may get through
                if not conductor.stopping and ledger.stop_requested():
                    conductor.stop()
            if watch is not None:
                watch(SearchView.of(conductor.specification, SearchState.RUNNING, conductor.records()))

    thread = threading.Thread(target=look, name="watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
