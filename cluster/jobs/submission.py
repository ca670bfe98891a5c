"""A search sent to a cluster's head as a job of Ray's: from then on it runs there, whatever becomes of this machine.

What is sent is the command with all its settings, and the modules of the space and oracle where they are the user's
own, in no installed package, with what they import that is not installed either. Never data, and nothing else of this
machine.
"""

import contextlib
import json
import logging
import secrets
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from cluster.driving.job_server import dashboard_of, run_as_job
from cluster.errors import ClusterError
from cluster.jobs.settings import options
from cluster.nodes.code import PACKAGES, check_there
from datasets import GalaxyTunerError, StorageError, locate_dataset, open_folder, tells_secret
from search import (
    DRIVERS,
    TRAINERS,
    LedgerError,
    SearchLayout,
    SearchSettings,
    SpaceError,
    check_name_free,
    driver_is_alive,
    extended,
    is_driven_by,
    own_sources,
    read_specification,
)

_POINTS = "points.json"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Submitted:
    """A search on its way: its name, the job that it is, and the dashboard that took it.

    ``has_begun``: its driver is at work, as far as can be seen from here.
    """

    search: str
    job: str
    dashboard: str
    has_begun: bool

    def as_json(self) -> dict[str, object]:
        """Return the object that ``--json`` prints."""
        return {"search": self.search, "job": self.job, "address": self.dashboard, "begun": self.has_begun}


def submit_search(
    dataset: str, settings: SearchSettings, *, storage: str, address: str = "local", preflight: bool = True
) -> Submitted:
    """Have the head behind the dashboard at ``address`` search over ``dataset``; return when it has begun to.

    Raises a `datasets.GalaxyTunerError`, one line, for what can be told from here: settings that do not go together, a
    name that is taken, places that no other machine has, no dashboard, another token; and for what ends it there before
    it has begun.
    """
    given = settings.model_dump(mode="json", exclude={"name", "points"})
    return _begun("search", dataset, settings, given, storage=storage, address=address, preflight=preflight)


def submit_fit(
    dataset: str,
    settings: SearchSettings,
    *,
    max_slower: float,
    storage: str,
    address: str = "local",
    preflight: bool = True,
) -> Submitted:
    """Have the head behind the dashboard at ``address`` fit a classifier of ``dataset``, in ``settings.time_limit``.

    What the settings were not given the fit there chooses. Raises as `submit_search`.
    """
    asked_for = settings.model_fields_set - {"name", "points"}
    given = settings.model_dump(mode="json", include=asked_for) | {"max_slower": max_slower}
    return _begun("fit", dataset, settings, given, storage=storage, address=address, preflight=preflight)


def _begun(
    command: str,
    dataset: str,
    settings: SearchSettings,
    given: Mapping[str, object],
    *,
    storage: str,
    address: str,
    preflight: bool,
) -> Submitted:
    """Submit a command that begins a search, with the options ``given``."""
    settings.check()
    dashboard = dashboard_of(address)
    places = {"DATASET": _place(dataset, "DATASET"), "--storage": _place(storage, "--storage")}
    if settings.warm_start is not None and "/" in settings.warm_start:  # else a name in the storage
        places["--warm-start"] = _place(settings.warm_start, "--warm-start")
        given = {**given, "warm_start": places["--warm-start"]}
    _warn_of_paths(places)
    layout = SearchLayout.of(storage, settings.name)
    try:
        # Another machine may have another folder under a path.
        if open_folder(dataset).local is None:
            locate_dataset(dataset)
        check_name_free(layout, settings.name)
    except StorageError as error:
        _log.warning("Not looked at from here: %s.", error)
    files = _sources(settings)
    words = [command, places["DATASET"], "--name", settings.name, *options(given)]
    if settings.points:
        files[_POINTS] = json.dumps(settings.points).encode()
        words += ["--try", _POINTS]
    return _submitted(layout, settings.name, words, dashboard, places["--storage"], files, preflight=preflight)


def submit_resume(
    name: str,
    *,
    storage: str,
    address: str = "local",
    dataset: str | None = None,
    trials: int | None = None,
    time_limit: float | None = None,
    accept_space: bool = False,
    retry: Sequence[str] = (),
    preflight: bool = True,
) -> Submitted:
    """Have the head behind the dashboard at ``address`` go on with a search, as `resume_search` does.

    Raises as `submit_search`, and LedgerError where there is no such search or it is running.
    """
    dashboard = dashboard_of(address)
    places = {"--storage": _place(storage, "--storage")}
    if dataset is not None:
        places["--dataset"] = _place(dataset, "--dataset")
    _warn_of_paths(places)
    layout = SearchLayout.of(storage, name)
    specification = read_specification(layout)
    settings = specification.settings
    if settings.is_by_value:
        raise SpaceError(
            f"search {name!r} is of an object given from Python, which is not stored: resume it from there"
        )
    if driver_is_alive(layout.root):
        stop = layout.command("stop", name)
        raise LedgerError(f"search {name!r} is running: its driver is alive; `{stop}` ends it")
    extended(specification, trials, time_limit)
    given = {"dataset": places.get("--dataset"), "trials": trials, "time_limit": time_limit}
    given |= {"accept_space": accept_space}
    words = ["resume", name, *options(given), *(word for which in retry for word in ("--retry", which))]
    return _submitted(layout, name, words, dashboard, places["--storage"], _sources(settings), preflight=preflight)


def _submitted(
    layout: SearchLayout,
    name: str,
    words: list[str],
    dashboard: str,
    storage: str,
    files: dict[str, bytes],
    *,
    preflight: bool,
) -> Submitted:
    words += ["--storage", storage, "--address", "auto", *([] if preflight else ["--no-preflight"])]
    job = f"galaxy-{name}-{secrets.token_hex(4)}"
    has_begun = run_as_job(dashboard, shlex.join(words), job=job, files=files, has_begun=partial(_is_at_work, layout))
    return Submitted(name, job, dashboard, has_begun)


def _is_at_work(layout: SearchLayout, pid: int) -> bool:
    """Whether the process ``pid`` of the head drives the search, or trains its finalists.

    Not, where the storage cannot be looked at.
    """
    with contextlib.suppress(GalaxyTunerError, OSError):
        read_specification(layout)  # it is there
        return any(is_driven_by(layout.root, pid, drivers=which) for which in (DRIVERS, TRAINERS))
    return False


def _place(location: str, option: str) -> str:
    """Return the place as the head is told it. Raises ClusterError for one that means another there, or tells a secret.

    The command of a job is seen by whoever lists the head's jobs, and its processes by each of the head's users.
    """
    if "://" in location and tells_secret(location):
        raise ClusterError(
            f"{option}: expected no key, token or password in the URI, which a job's command would show: give them to "
            "Ray on each node, as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment that it is started in"
        )
    folder = open_folder(location)
    if folder.local is not None and not location.startswith(("/", "file://")):
        raise ClusterError(
            f"{option} {location}: a submitted search runs on other machines: expected a place that all of them have, "
            "such as s3://bucket/folder, or the whole path of a folder that each has mounted"
        )
    return folder.uri


def _warn_of_paths(places: dict[str, str]) -> None:
    paths = [f"{option} {place}" for option, place in places.items() if open_folder(place).local is not None]
    if paths:
        _log.warning("Head and nodes must have the same under these paths: %s.", ", ".join(paths))


def _sources(settings: SearchSettings) -> dict[str, bytes]:
    """Return the files of the user's own modules that the search names. Raises SpaceError for one that is not here."""
    files: dict[str, bytes] = {}
    for option, reference in (("--hypermodel", settings.hypermodel), ("--oracle", settings.oracle)):
        if reference is not None and ":" in reference:
            check_there(reference, option=option)
            files |= own_sources(reference, but=PACKAGES)
    return files
