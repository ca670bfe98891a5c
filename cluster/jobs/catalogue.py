"""A catalogue of galaxies classified in partitions, each written whole: what was done stays done, whatever ends it."""

import contextlib
import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from cluster.driving.interrupting import going_on, terminable
from cluster.errors import CatalogueError
from cluster.jobs.catalogue_plan import CatalogueSettings, begun_or_planned
from cluster.jobs.here import check_workers_here
from cluster.workers.counts import Counts
from cluster.workers.partition import COUNTS, Answering, Done, PartitionWorker
from datasets import (
    CATALOGUE_DRIVERS,
    CatalogueLayout,
    FormatError,
    Progress,
    is_kept,
    is_unchanged,
    open_folder,
    patient,
    read_record,
    silent,
)
from search import Driven, Place, driver_heartbeat

_AT_ONCE = 16
# Faults of nodes and of storage that are said; what comes of them is said at the end.
_MOST_LINES = 5
_COMMAND = "the same command"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CatalogueResult:
    """A catalogue that is classified: where its answers are, and what came of its rows.

    Attributes:
        partitions: Of all, of which ``earlier`` were there already.
        seconds: That the others took, from the first look at the folder to the end.
    """

    model: str
    output: str
    counts: Counts
    partitions: int
    earlier: int
    seconds: float


_DEFAULTS = CatalogueSettings()


@terminable()
@going_on(_COMMAND)
def classify_catalogue(
    model: str,
    source: str,
    output: str,
    settings: CatalogueSettings = _DEFAULTS,
    *,
    address: str = "local",
    progress: Progress = silent,
) -> CatalogueResult:
    """Classify a catalogue into Parquet files in the folder ``output``, a path or URI, by workers with a model each.

    They run on the Ray at ``address``: 'local' (one of our own), 'auto' or 'HOST:PORT'; with 'in-process' there is no
    Ray, and this process is the only worker. ``source`` is as for `datasets.plan_catalogue`. The same call goes on
    after whatever ended it, with the partitions that are not there. ``progress`` is told of rows, when the first
    partition is done: the start of Ray and of the workers says nothing of how fast they are.

    Raises:
        CatalogueError: The folder has answers of another catalogue, or the source has changed since or meanwhile; a
            name of a column is taken; or a partition cannot be done.
        ClusterError: Ray cannot be reached, or no node has what a worker needs.
        GalaxyTunerError: Model, source, options or folder cannot be used.
    """
    began = time.monotonic()
    check_workers_here(settings, address)
    layout = CatalogueLayout(open_folder(output))
    read_record(layout)  # what else is in the folder is said before anything is written there
    layout.root.check_writable()
    with _only_one(layout) as place:
        answering = begun_or_planned(layout, model, source, settings)
        found = layout.done() & set(range(answering.record.partitions))
        run = _Run(answering, found, progress, place)
        run.work(settings, address)
        counts = Counts()
        for each in run.all_counts(layout):
            counts.add(each)
        if not counts.classes:
            layout.forget()  # what is mended then is to be tried again
    seconds, partitions = time.monotonic() - began, answering.record.partitions
    return CatalogueResult(answering.model, answering.output, counts, partitions, len(found), seconds)


class _Run:
    """The partitions of a catalogue, of which some are ``found``, as they are done."""

    def __init__(self, answering: Answering, found: set[int], progress: Progress, place: Place) -> None:
        self._answering, self._record, self._progress = answering, answering.record, progress
        self._place = place
        self._found = found
        self._counts: dict[int, Counts] = {}
        self._faults: dict[int, str] = {}
        self._said: set[str] = set()
        self._rows = sum(self._record.planned.sizes[number] for number in found)

    @property
    def missing(self) -> list[int]:
        """The numbers of those that are not done."""
        done = self._found | self._counts.keys()
        return [number for number in range(self._record.partitions) if number not in done]

    def said(self) -> str:
        """Say how far it is, and what goes on."""
        done = self._record.partitions - len(self.missing)
        return f"{done} of {self._record.partitions} partitions are done and stay: {_COMMAND} goes on with the others."

    def work(self, settings: CatalogueSettings, address: str) -> None:
        """Have all done that are missing. Raises as `classify_catalogue`."""
        missing, all_of_them = len(self.missing), self._record.partitions
        if missing < all_of_them:
            rest = "going on with the others" if missing else "nothing is left to do"
            _log.warning("%d of %d partitions are there: %s.", all_of_them - missing, all_of_them, rest)
        if not missing:
            return
        try:
            with patient(root=self._answering.output, check=self._place.check):
                self._work(settings, address)
                self._check_source()
        except KeyboardInterrupt:
            _log.warning("%s", self.said())
            raise

    def _work(self, settings: CatalogueSettings, address: str) -> None:
        if address != "in-process":
            # Only here: without it nothing of Ray is imported.
            from cluster.jobs.catalogue_on_ray import work_on_ray

            work_on_ray(self, self._answering, settings, address, command=_COMMAND)
            return
        worker = PartitionWorker(self._answering)
        for number in self.missing:
            self.take(worker.answer(number))
            self._raise_if(self._faults)

    def _check_source(self) -> None:
        """Raise CatalogueError where rows that are read from the source may be of what came into its place."""
        source, planned = self._record.source, self._record.planned
        if not is_kept(planned) and not is_unchanged(source, planned):
            raise CatalogueError(
                f"'{source}' has changed while it was classified: answers in '{self._answering.output}' may be of "
                "either: delete that folder and give the same command again"
            )

    def work_with(self, work: object) -> None:
        """Have ``work(numbers, take)`` do what is missing, again as long as that brings any further."""
        assert callable(work)
        while missing := self.missing:
            work(missing, self.take)
            self._raise_if(len(self.missing) == len(missing))

    def take(self, done: Done) -> None:
        """Take in what became of a partition.

        Raises CatalogueError where it would become of all others, too, and PlaceLostError where another command has
        taken over.
        """
        self._place.check_lost()
        if done.counts is None:
            if done.is_users:
                raise CatalogueError(done.fault)
            self._faults[done.number] = done.fault
            if done.fault not in self._said and len(self._said) < _MOST_LINES:
                self._said.add(done.fault)
                _log.warning("%s: what it was to do is done again.", done.fault)
            return
        self._counts[done.number] = done.counts
        self._rows += done.counts.rows
        self._progress(self._rows, self._record.rows)

    def all_counts(self, layout: CatalogueLayout) -> Sequence[Counts]:
        """Return the counts of each partition; of those found, what their files say. Raises FormatError."""
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="counts") as pool:
            earlier = list(pool.map(partial(_counts_of, layout), sorted(self._found)))
        return [*earlier, *self._counts.values()]

    def _raise_if(self, hopeless: object) -> None:
        if not hopeless:
            return
        missing = self.missing
        reason = next((self._faults[number] for number in missing if number in self._faults), None)
        if reason is None:
            start = self._record.starts[missing[0]]
            reason = (
                f"each worker that begins partition {missing[0]} (rows {start:,} to "
                f"{self._record.starts[missing[0] + 1] - 1:,}) is lost"
            )
        raise CatalogueError(f"{reason}: {self.said().removesuffix('.')}")


@contextlib.contextmanager
def _only_one(layout: CatalogueLayout) -> Iterator[Place]:
    """Be the only one that has a folder's partitions done while the block runs. Raises LedgerError if another is."""
    driven = Driven(f"the catalogue in '{layout.root.uri}'", "wait for it, or end it there", f"{_COMMAND} goes on")
    with driver_heartbeat(layout.root, driven, drivers=CATALOGUE_DRIVERS) as place:
        yield place


def _counts_of(layout: CatalogueLayout, number: int) -> Counts:
    try:
        return Counts.from_text(layout.said_of(number)[COUNTS])
    except (ValueError, KeyError, TypeError) as error:
        name = layout.root.child(layout.partition(number)).uri
        raise FormatError(
            f"'{name}' is no file of this catalogue's: delete it, and {_COMMAND} does it again"
        ) from error
