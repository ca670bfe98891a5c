"""One Arrow file of a dataset, read: labels and splits at once, the rest when it is asked for."""

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from datasets.arrow.tables import damaged_where_unreadable, open_source, pixel_view
from datasets.errors import FormatError
from datasets.storage.folders import Folder


class Shard:
    """The rows of one file. Of a large dataset a batch needs a few files only, so they are mapped one by one.

    Attributes:
        labels: int16, (n,).
        splits: int8, (n,).
        image_shape: (height, width, 3).

    Raises:
        FormatError: the file is missing or damaged.
        StorageError: it cannot be read.
    """

    def __init__(self, folder: Folder, name: str) -> None:
        self._folder, self._name = folder, name
        with damaged_where_unreadable(folder, name):
            # From a local file only the columns asked for are read: a touched page of a mapped file brings its
            # neighbours into memory.
            file = self._source if folder.local is None else pa.OSFile(str(folder.local / name))
            schema = pa.ipc.open_file(file).schema
            try:
                self.image_shape = tuple(schema.field("image").type.shape)
                fields = [schema.names.index(column) for column in ("label", "split")]
            except (KeyError, ValueError, AttributeError) as error:
                raise FormatError(
                    f"'{folder.uri}' is damaged: {name} has not the columns of a dataset; import it again"
                ) from error
            numbers = pa.ipc.open_file(file, options=pa.ipc.IpcReadOptions(included_fields=fields)).read_all()
        self.labels: npt.NDArray[np.int16] = _array(numbers.column("label"), np.int16)
        self.splits: npt.NDArray[np.int8] = _array(numbers.column("split"), np.int8)

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def images(self) -> npt.NDArray[np.uint8]:
        """Read-only view of the images: (n, height, width, 3)."""
        return pixel_view(self._table)

    @property
    def ids(self) -> list[str]:
        """Name of each row."""
        names: list[str] = self._table.column("id").to_pylist()
        return names

    @cached_property
    def _table(self) -> Any:
        with damaged_where_unreadable(self._folder, self._name):
            return pa.ipc.open_file(self._source).read_all()

    @cached_property
    def _source(self) -> Any:
        return open_source(self._folder, self._name)


def _array(column: Any, dtype: type[np.generic]) -> npt.NDArray[Any]:
    """Copy a column of numbers. Arrow's own ``to_numpy`` imports pandas: 28 MB in each process and 0.1 s."""
    return np.concatenate([np.zeros(0, dtype), *(np.from_dlpack(chunk) for chunk in column.chunks)], dtype=dtype)
