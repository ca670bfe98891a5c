"""Partitions of a catalogue, answered and written whole one at a time: the same on a worker and in the driver."""

import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cluster.errors import UnfitError
from cluster.nodes.code import CodeIdentity, code_identity
from cluster.workers.counts import Counts
from cluster.workers.faults import described
from cluster.workers.reads import Reads, ahead
from datasets import (
    CatalogueLayout,
    CatalogueRecord,
    Dataset,
    StorageError,
    freeze_loaded,
    is_unchanged,
    open_folder,
    open_rows,
    patient,
)

if TYPE_CHECKING:
    import pyarrow as pa

COUNTS = "counts_of_partition"
"""The key of a partition's counts in its file's metadata."""
# Who cannot do its part gives the others time to do what it was given.
_UNFIT_SECONDS = 5.0


@dataclass(frozen=True)
class Answering:
    """What answers the rows of a catalogue, as a worker is told it.

    ``crop``, ``decide`` and ``max_error`` as for `trainer.Classifier.classify`; ``modules`` are imported before.
    ``said`` is of all answers, in the metadata of each file; ``prefix`` stands before its keys and our columns' names.
    ``mark`` tells the model in the place ``model`` from any other. ``code`` is the driver's, None in its own process,
    where a worker has ``cpus``.
    """

    output: str
    record: CatalogueRecord
    model: str
    mark: str
    said: Mapping[str, str]
    crop: float | None = None
    decide: str | None = None
    max_error: float | None = None
    prefix: str = ""
    modules: tuple[str, ...] = ()
    cpus: int = 1
    code: CodeIdentity | None = None

    @property
    def references(self) -> str | None:
        """The modules as `code_identity` takes them."""
        return " ".join(self.modules) or None


@dataclass(frozen=True)
class Done:
    """What became of a partition: its counts, or why it is to be done again; ``is_users``: that would be of no use."""

    number: int
    counts: Counts | None = None
    fault: str = ""
    is_users: bool = False


class PartitionWorker:
    """Has a model and answers one partition after another. Where it cannot, that is what it says of each."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self._fault: Exception | None = None
        try:
            self._prepare()
        except Exception as error:  # whatever it is, the driver says it
            self._fault = error

    def __call__(self, batch: Mapping[str, Sequence[int]]) -> dict[str, list[object]]:
        """Answer the partitions of a batch of Ray Data's, a column ``partition``; return `Done` as columns."""
        done = [self.answer(int(number)) for number in batch["partition"]]
        return {
            "partition": [each.number for each in done],
            "counts": ["" if each.counts is None else each.counts.as_text() for each in done],
            "fault": [each.fault for each in done],
            "is_users": [each.is_users for each in done],
        }

    def answer(self, number: int) -> Done:
        """Answer the rows of a partition and write them, unless they are there."""
        try:
            if self._fault is not None:
                raise self._fault
            with patient():
                return Done(number, self._answer(number))
        except (UnfitError, StorageError, OSError) as error:
            if self._answering.code is None:
                return Done(number, fault=described(error))
            time.sleep(_UNFIT_SECONDS)
            return Done(number, fault=f"{socket.gethostname()}: {described(error)}")
        except Exception as error:  # whatever it is, the driver says it
            return Done(number, fault=described(error), is_users=True)

    def _prepare(self) -> None:
        answering = self._answering
        if answering.code is not None:
            if differences := answering.code.differences(code_identity(answering.references)):
                raise UnfitError(f"it runs other code than this command: {', '.join(differences)}", differs=True)
            from trainer import limit_threads

            limit_threads(answering.cpus)
        # Only now: TensorFlow's threads are bounded before it starts.
        from trainer import AnswerTable, Classifier, Decide, import_modules, model_mark, require_same_preparation

        import_modules(answering.modules)
        self._layout = CatalogueLayout(open_folder(answering.output))
        planned = answering.record.planned
        self._rows = open_rows(self._layout, answering.record.source, planned.kind, planned.details)
        self._check_witness()
        self._classifier = Classifier.load(answering.model)
        if model_mark(self._classifier.bundle.manifest) != answering.mark:
            raise UnfitError(
                f"{answering.model}: expected the model that this command began with, found another one: "
                "every node needs the same model in that place"
            )
        if planned.kind == "dataset":
            if not is_unchanged(answering.record.source, planned):
                raise UnfitError(
                    f"{answering.record.source}: expected the dataset that this command began with, found another one: "
                    "it was imported anew, or every node needs the same in that place: give another --output for that"
                )
            dataset = Dataset.open(answering.record.source)
            require_same_preparation(self._classifier.bundle.manifest, dataset.info, model=answering.model)
        self._decide = None if answering.decide is None else Decide(answering.decide)
        self._table = AnswerTable(self._classifier.classes, answering.prefix)
        freeze_loaded()

    def _check_witness(self) -> None:
        witness = self._answering.record.planned.witness
        try:
            if witness is None or Path(witness).exists():
                return
        except OSError as error:  # a server that is away says more than that there is none
            raise UnfitError(f"'{witness}' cannot be read: {error.strerror}: mount its folder again") from error
        raise UnfitError(f"the images are not there: expected '{witness}' on every node: mount their folder")

    def _answer(self, number: int) -> Counts:
        import pyarrow as pa
        import pyarrow.parquet as pq

        record, counts, reads = self._answering.record, Counts(), Reads(self._check_witness)
        sink = pa.BufferOutputStream()
        schema = self.schema
        with pq.ParquetWriter(sink, schema) as writer:
            for rows, images in self._rows.read(number, record.starts[number], record.planned.sizes[number]):
                noted = reads.noted(images)
                answers = list(
                    self._classifier.classify(
                        ahead(noted) if "://" in record.source + images[0].name else noted,
                        crop=self._answering.crop,
                        decide=self._decide,
                        max_error=self._answering.max_error,
                    )
                )
                counts.add(Counts.of(answers))
                ours = self._table.batch(answers)
                writer.write_batch(pa.record_batch([*rows.columns, *ours.columns], schema=schema))
            writer.add_key_value_metadata({COUNTS: counts.as_text()})
        reads.check()
        self._layout.root.write_whole(self._layout.partition(number), sink.getvalue().to_pybytes())
        return counts

    @property
    def schema(self) -> "pa.Schema":
        """The columns of the source, then those of the answers; what is said of all is its metadata."""
        import pyarrow as pa

        theirs, ours = self._rows.schema(), self._table.saying(self._answering.said)
        said = {key: text for key, text in (theirs.metadata or {}).items() if key != COUNTS.encode()}
        return pa.schema([*theirs, *ours], metadata={**said, **ours.metadata})
