"""An imported dataset, whose images are prepared already: its ids, labels, splits and kept columns beside them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from datasets.arrow.dataset import Dataset
from datasets.arrow.description import COLUMNS
from datasets.catalogues.record import Planned
from datasets.catalogues.rows import Galaxies
from datasets.images.files import ImageFile
from datasets.images.fits.stretch import Stretch
from datasets.images.preparing import DecodedImage
from datasets.splits import Split
from datasets.storage.checksums import content_key

_OWN = ("id", "label", "split")


@dataclass(frozen=True)
class PreparedImage(ImageFile):
    """An image of a dataset, as it was prepared from a source of ``source_size``, (height, width) in pixels.

    ``notes`` are what is to be said of that.
    """

    source_size: tuple[int, int] = (0, 0)
    notes: tuple[str, ...] = ()

    def decoded(self, *, crop: float, image_size: int, stretch: Stretch | None) -> DecodedImage:
        """Return it as it is."""
        pixels = self.read()
        assert isinstance(pixels, np.ndarray)
        return DecodedImage(pixels, self.source_size, self.notes)


def plan_dataset(dataset: Dataset, *, size: int) -> Planned:
    """Part the rows of a dataset in partitions of ``size``."""
    sizes = [min(size, len(dataset) - start) for start in range(0, len(dataset), size)]
    return Planned("dataset", {}, sizes, mark=dataset_mark(dataset))


def dataset_mark(dataset: Dataset) -> str:
    """Return what changes with a dataset's rows and kept columns, and with their order, which no fingerprint tells."""
    info = dataset.info
    kept = [info.beside[COLUMNS]] if COLUMNS in info.beside else []
    return content_key([*info.checksums, *kept]) if info.checksums else info.fingerprint


class DatasetRows:
    """Reads them: ``id``, ``label`` and ``split``, then what the import kept of the source's table.

    A column of that which has one of those names is called ``source_id`` and so on. ``notes`` are said of each image.
    """

    def __init__(self, location: str, notes: Sequence[str] = ()) -> None:
        self._dataset, self._notes = Dataset.open(location), tuple(notes)

    def schema(self) -> pa.Schema:
        """Return the columns."""
        own = [pa.field(name, pa.string()) for name in _OWN]
        kept = [] if self._kept is None else [field for field in self._kept.schema if field.name != "id"]
        return pa.schema([*own, *(each.with_name(_renamed(each.name)) for each in kept)])

    def read(self, number: int, start: int, count: int) -> Iterator[Galaxies]:
        """Yield the rows of a partition, as `rows.Rows` has it."""
        rows = np.arange(start, start + count)
        names, pixels = self._dataset.names(rows), self._dataset.take(rows)
        classes = self._dataset.classes
        columns = [
            pa.array(names, pa.string()),
            pa.array([classes[label] for label in self._dataset.labels[rows].tolist()], pa.string()),
            pa.array([self._splits[row] for row in rows.tolist()], pa.string()),
        ]
        if self._kept is not None:
            places = pc.index_in(columns[0], value_set=self._kept["id"].combine_chunks())
            taken = self._kept.take(places)
            columns += [taken[field.name].combine_chunks() for field in taken.schema if field.name != "id"]
        size = self._dataset.preprocessing.source_size
        images = [
            PreparedImage(name, _reader(each), size, self._notes) for name, each in zip(names, pixels, strict=True)
        ]
        yield pa.record_batch(columns, schema=self.schema()), images

    @cached_property
    def _kept(self) -> pa.Table | None:
        return self._dataset.columns()

    @cached_property
    def _splits(self) -> npt.NDArray[np.str_]:
        names = np.full(len(self._dataset), "", "<U10")
        for split in Split:
            names[self._dataset.rows(split)] = str(split)
        return names


def _reader(pixels: npt.NDArray[np.uint8]) -> "_Pixels":
    return _Pixels(pixels)


@dataclass(frozen=True)
class _Pixels:
    pixels: npt.NDArray[np.uint8]

    def __call__(self) -> npt.NDArray[np.uint8]:
        return self.pixels


def _renamed(name: str) -> str:
    return f"source_{name}" if name in _OWN else name
