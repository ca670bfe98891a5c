"""Rows of a dataset on their way into its Arrow files.

Splits are drawn over the images that turned out usable, so after the last one is decoded. Until then the rows lie in
staged files without splits; no more than one file's pixels are in memory.
"""

from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt

from datasets.decoding import Decoded
from datasets.fingerprints import RowKey
from datasets.images import DecodedImage
from datasets.splits import Split
from datasets.storage import Folder
from datasets.tables import make_table, open_table, rows_per_shard, shard_name, with_splits, write_table


class Staging:
    """Collects decoded images in files below ``place``, then completes them with their splits.

    Attributes:
        ids: names of the rows so far.
        labels: their classes.
        pixel_hashes: SHA-256 of their pixels in hexadecimal.
        source_sizes: (height, width) of their sources in pixels.
        notes: number of rows by the note about their conversion.
    """

    def __init__(self, place: Path, image_size: int) -> None:
        self.ids: list[str] = []
        self.labels: list[int] = []
        self.pixel_hashes: list[str] = []
        self.source_sizes: list[tuple[int, int]] = []
        self.notes: Counter[str] = Counter()
        self._folder = Folder(str(place))
        self._place = place
        self._pixels = np.empty((rows_per_shard(image_size), image_size, image_size, 3), np.uint8)
        self._source_hashes: list[bytes] = []
        self._staged: list[int] = []

    def add(self, decoded: Decoded, image: DecodedImage) -> None:
        """Add a row: ``image`` is that of ``decoded``."""
        self._pixels[len(self._source_hashes)] = image.pixels
        self._source_hashes.append(decoded.source_hash)
        self.ids.append(decoded.item.id)
        self.labels.append(decoded.item.label)
        self.pixel_hashes.append(decoded.pixel_hash)
        self.source_sizes.append(image.source_size)
        self.notes.update(image.notes)
        if len(self._source_hashes) == len(self._pixels):
            self._write()

    def complete(self, splits: npt.NDArray[np.int8]) -> tuple[str, ...]:
        """Write the dataset's files with the split code of each row; return their names."""
        self._write()
        start = 0
        for number, count in enumerate(self._staged):
            table = open_table(self._folder, _staged_name(number))
            write_table(with_splits(table, splits[start : start + count]), self._place / shard_name(number))
            (self._place / _staged_name(number)).unlink()
            start += count
        return tuple(shard_name(number) for number in range(len(self._staged)))

    def keys(self, splits: npt.NDArray[np.int8]) -> list[RowKey]:
        """Return what the fingerprint is made of, row by row."""
        names = [split.value for split in Split]
        rows = zip(self.ids, self.labels, splits.tolist(), self.pixel_hashes, strict=True)
        return [(name, label, names[code], pixels) for name, label, code, pixels in rows]

    def _write(self) -> None:
        count = len(self._source_hashes)
        if count:
            table = make_table(
                self.ids[-count:], np.array(self.labels[-count:]), self._source_hashes, self._pixels[:count]
            )
            write_table(table, self._place / _staged_name(len(self._staged)))
            self._staged.append(count)
            self._source_hashes = []


def _staged_name(number: int) -> str:
    return f"staged-{number:05d}.arrow"
