"""What is asked for of workers and cannot be where there are none: with the address 'in-process'."""

import logging

from cluster.jobs.catalogue_plan import CatalogueSettings
from search import SearchSettings, SettingsError
from trainer import limit_threads

_HERE = "with --address in-process"
_log = logging.getLogger(__name__)


def check_trials_here(settings: SearchSettings, address: str) -> None:
    """Raise SettingsError for places that no trial in this process gets, and say what else has no effect there."""
    _check("trial", settings.gpus_per_trial, {"--concurrency": settings.concurrency}, address)
    if address == "in-process" and settings.cpu_nodes_too:
        raise SettingsError(f"--cpu-nodes-too is of a Ray's nodes: {_HERE} there are none: leave it out")


def limit_threads_here(settings: SearchSettings, address: str, *, is_timed: bool) -> None:
    """Bound this process's threads as a trial's, where it trains trials or ``is_timed``; say so where it is too late.

    Call it before TensorFlow runs anything: what an epoch takes with all CPUs is not what a trial's takes.
    """
    if address != "in-process" and not is_timed:
        return
    cpus = settings.cpus_per_trial
    if not limit_threads(cpus) and address == "in-process" and cpus > 1:
        _log.warning("--cpus-per-trial %d: TensorFlow has started in this process, and keeps the threads it has.", cpus)


def check_workers_here(settings: CatalogueSettings, address: str) -> None:
    """Raise SettingsError for what no worker in this process gets, and say what else has no effect there."""
    given = {"--workers": settings.workers, "--cpus-per-worker": settings.cpus_per_worker}
    _check("worker", settings.gpus_per_worker, given, address)


def _check(who: str, gpus: float, given: dict[str, int | None], address: str) -> None:
    if address != "in-process":
        return
    if gpus:
        raise SettingsError(
            f"--gpus-per-{who} {gpus:g}: {_HERE} nobody gives GPUs out: TensorFlow uses what it finds. Leave it out, "
            "or give --address local"
        )
    for name, value in given.items():
        if value is not None and value > 1:
            _log.warning("%s %d: %s there is one %s at a time, in this process.", name, value, _HERE, who)
