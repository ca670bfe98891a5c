"""Launching a search: everything that can be wrong is said before anything is trained, then the trials run."""

import contextlib
import threading
from collections.abc import Callable, Iterator

from cluster.in_process import run_in_process
from datasets import Dataset, open_folder
from search import (
    Conductor,
    Ledger,
    SearchLayout,
    SearchSettings,
    SearchSpecification,
    SearchState,
    SearchView,
    beating,
    builder,
    check_free,
    claim,
    discover,
    load_hypermodel,
    make_oracle,
    read_search,
    training_options,
)
from trainer import Objective, check_model

Watch = Callable[[SearchView], None]
Run = Callable[[Conductor, SearchLayout], None]
_WATCH_SECONDS = 1.0


def run_search(
    dataset: str,
    settings: SearchSettings,
    *,
    storage: str = "runs",
    address: str = "local",
    watch: Watch | None = None,
) -> SearchView:
    """Search over the dataset at ``dataset`` and return the search as it stands at its end.

    ``address`` is 'local' (a Ray of its own), 'in-process', 'auto', 'HOST:PORT' or 'ray://…'. ``watch`` is called about
    once a second, from another thread, with the search as it stands.

    Raises a `datasets.GalaxyTunerError` (one line for the user) before any training if the dataset, the storage, the
    name, the HyperModel, the objective or the address cannot be used. KeyboardInterrupt leaves the search *stopped*.
    """
    layout = SearchLayout.of(storage, settings.name)
    open_folder(storage).check_writable()
    check_free(layout, settings.name)
    conductor = _prepare(Dataset.open(dataset), settings, layout)
    with _runner(address, settings) as run, _claimed(conductor, layout), _watched(conductor, watch):
        run(conductor, layout)
    return read_search(storage, settings.name)


def _prepare(dataset: Dataset, settings: SearchSettings, layout: SearchLayout) -> Conductor:
    hypermodel = load_hypermodel(settings.hypermodel, input_shape=dataset.image_shape, num_classes=len(dataset.classes))
    objective = Objective.parse(settings.objective)
    space = discover(hypermodel)
    options = training_options(space.values, epochs=settings.epochs)
    check_model(builder(hypermodel, space.values), dataset, options, objective)
    oracle = make_oracle(
        settings.oracle,
        hyperparameters=space,
        objective=objective,
        max_trials=settings.trials,
        seed=settings.seed,
    )
    return Conductor(SearchSpecification.of(settings, dataset, objective), Ledger(layout), oracle)


@contextlib.contextmanager
def _runner(address: str, settings: SearchSettings) -> Iterator[Run]:
    """Give what runs a conductor's trials at ``address``; Ray is connected while the block runs."""
    if address == "in-process":
        yield run_in_process
        return
    # Only here: an in-process search needs no Ray.
    from cluster.ray_runner import connected, run_on_ray

    with connected(address, settings):
        yield run_on_ray


@contextlib.contextmanager
def _claimed(conductor: Conductor, layout: SearchLayout) -> Iterator[None]:
    """Hold the search's name, its heartbeat and its state while the block runs."""
    ledger = Ledger(layout)
    claim(layout, conductor.specification)
    with beating(layout.root):
        ledger.write_state(SearchState.RUNNING)
        try:
            yield
        except KeyboardInterrupt:
            ledger.write_state(SearchState.STOPPED, "interrupted by its user")
            raise
        except BaseException as error:
            ledger.write_state(SearchState.FAILED, f"{type(error).__name__}: {error}")
            raise
        ledger.write_state(SearchState.FINISHED)


@contextlib.contextmanager
def _watched(conductor: Conductor, watch: Watch | None) -> Iterator[None]:
    """Call ``watch`` about once a second, and once more at the end, while the block runs."""
    if watch is None:
        yield
        return
    done = threading.Event()

    def look() -> None:
        while True:
            ended = done.wait(_WATCH_SECONDS)
            watch(SearchView.of(conductor.specification, SearchState.RUNNING, conductor.records()))
            if ended:
                return

    thread = threading.Thread(target=look, name="watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
