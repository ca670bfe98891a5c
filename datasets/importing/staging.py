"""Rows of a dataset on their way into its Arrow files.

Splits are drawn over the images that turned out usable, so after the last one is decoded. Until then the rows lie in
staged files with splits yet to be set; no more than one file's pixels are in memory.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from datasets.arrow.shard_files import (
    make_table,
    open_table,
    rows_per_shard,
    set_splits,
    shard_name,
    with_splits,
    without_splitless,
    write_table,
)
from datasets.arrow.verification import RowKey
from datasets.images.decoded import Decoded
from datasets.images.preparing import DecodedImage
from datasets.importing.duplicates import Row
from datasets.sources.listing import Item
from datasets.splits import Split


class Staging:
    """Collects decoded images in files below ``place``, then completes them with their splits.

    Of the rows so far, ``rows`` decide on the splits, and ``notes`` tell by row what its conversion lost, where it did.
    """

    def __init__(self, place: Path, image_size: int) -> None:
        self.rows: list[Row] = []
        self.notes: dict[int, tuple[str, ...]] = {}
        self._source_sizes: list[tuple[int, int]] = []
        self._place = place
        self._pixels = np.empty((rows_per_shard(image_size), image_size, image_size, 3), np.uint8)
        self._source_hashes: list[bytes] = []
        self._staged: list[int] = []

    def add(self, item: Item, decoded: Decoded, image: DecodedImage) -> None:
        """Add a row: ``image`` is that of ``decoded``, what became of ``item``."""
        self._pixels[len(self._source_hashes)] = image.pixels
        self._source_hashes.append(decoded.source_hash)
        self.rows.append(Row(item.id, item.label, decoded.pixel_hash, item.object_id, item.split))
        self._source_sizes.append(image.source_size)
        if image.notes:
            self.notes[len(self.rows) - 1] = image.notes
        if len(self._source_hashes) == len(self._pixels):
            self._write()

    def source_size(self, kept: npt.NDArray[np.bool_]) -> tuple[int, int]:
        """Return the median (height, width) in pixels of the sources of the rows that are ``kept``, (n,).

        The medians are those of the shorter and of the longer sides, which the scale is compared by, in the commoner
        orientation: medians of heights and widths would be no image's where some are upright and some lie.
        """
        sizes = np.array(self._source_sizes)[kept]
        short, long = np.median(np.sort(sizes, axis=1), axis=0).astype(int).tolist()
        upright, lying = sizes[:, 0] > sizes[:, 1], sizes[:, 0] < sizes[:, 1]
        return (long, short) if upright.sum() > lying.sum() else (short, long)

    def complete(self, splits: npt.NDArray[np.int8]) -> tuple[str, ...]:
        """Write the dataset's files with the split code of each row, without those of code -1; return their names."""
        self._write()
        names: list[str] = []
        for number, of_file in enumerate(np.split(splits, np.cumsum(self._staged)[:-1])):
            staged = self._place / _staged_name(number)
            set_splits(staged, of_file)
            if (of_file >= 0).any():
                names.append(shard_name(len(names)))
            if (of_file >= 0).all():
                staged.rename(self._place / names[-1])
                continue
            if (of_file >= 0).any():
                write_table(without_splitless(open_table(staged)), self._place / names[-1])
            staged.unlink()
        return tuple(names)

    def keys(self, splits: npt.NDArray[np.int8]) -> list[RowKey]:
        """Return what the fingerprint is made of, row by row."""
        names = [split.value for split in Split]
        rows = zip(self.rows, splits.tolist(), strict=True)
        return [(row.id, row.label, names[code], row.pixels) for row, code in rows if code >= 0]

    def _write(self) -> None:
        count = len(self._source_hashes)
        if count:
            rows = self.rows[-count:]
            labels = np.array([row.label for row in rows])
            table = make_table([row.id for row in rows], labels, self._source_hashes, self._pixels[:count])
            write_table(with_splits(table, np.full(count, -1, np.int8)), self._place / _staged_name(len(self._staged)))
            self._staged.append(count)
            self._source_hashes = []


def _staged_name(number: int) -> str:
    return f"staged-{number:05d}.arrow"
