"""The Arrow files of a dataset, written, and opened where they are local.

Each file is an uncompressed Arrow IPC file, which any Arrow reader opens: ``id`` string, ``label`` int16 (index into
the classes), ``split`` int8 (0 train, 1 validation, 2 test), ``source_hash`` SHA-256 of the source file, ``image``
fixed-shape tensor uint8 (height, width, 3). Galaxies of no class are in files of their own, with label and split -1.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from datasets.errors import FormatError, first_line
from datasets.storage.checksums import Checksum, checksum_of
from datasets.storage.folders import Folder

BYTES_PER_SHARD = 64 * 2**20
"""Pixels in one file, and so in memory at once while importing."""
_SHARD = re.compile(r"(?:images|unlabelled)-[0-9]{5,}\.arrow")


def shard_name(number: int) -> str:
    """Return the name of the ``number``-th file, counted from 0."""
    return f"images-{number:05d}.arrow"


def unlabelled_name(number: int) -> str:
    """Return the name of the ``number``-th file of galaxies of no class, counted from 0."""
    return f"unlabelled-{number:05d}.arrow"


def is_shard(name: str) -> bool:
    """Say whether a name is one that ``shard_name`` or ``unlabelled_name`` makes."""
    return _SHARD.fullmatch(name) is not None


def rows_per_shard(image_size: int) -> int:
    """Return how many images of ``image_size`` × ``image_size`` pixels go into one file."""
    return max(1, BYTES_PER_SHARD // (3 * image_size**2))


def make_table(
    ids: list[str], labels: npt.NDArray[np.int64], source_hashes: list[bytes], images: npt.NDArray[np.uint8]
) -> pa.Table:
    """Make a table without splits, which are drawn later; the pixels (n, height, width, 3) are not copied.

    Raises ValueError for a label that is no int16.
    """
    if labels.max(initial=0) > np.iinfo(np.int16).max:
        raise ValueError(f"labels must be at most {np.iinfo(np.int16).max}, got {labels.max()}")
    columns = {
        "id": _strings(ids),
        "label": _numbers(labels.astype(np.int16)),
        "source_hash": pa.Array.from_buffers(pa.binary(32), len(ids), [None, pa.py_buffer(b"".join(source_hashes))]),
        "image": _tensors(images),
    }
    return pa.Table.from_arrays(list(columns.values()), names=list(columns))


# Arrays are made of their buffers: ``pa.array`` imports pandas, which takes 0.25 s and 28 MB.


def _strings(values: list[str]) -> pa.Array:
    encoded = [value.encode() for value in values]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    return pa.Array.from_buffers(pa.string(), len(values), [None, pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))])


def _numbers(values: npt.NDArray[np.integer]) -> pa.Array:
    return pa.Array.from_buffers(
        pa.from_numpy_dtype(values.dtype), values.size, [None, pa.py_buffer(np.ascontiguousarray(values))]
    )


def _tensors(images: npt.NDArray[np.uint8]) -> pa.ExtensionArray:
    type_ = pa.fixed_shape_tensor(pa.uint8(), images.shape[1:], dim_names=["height", "width", "channel"])
    pixels = pa.FixedSizeListArray.from_arrays(_numbers(images), type=type_.storage_type)
    return pa.ExtensionArray.from_storage(type_, pixels)


def with_splits(table: pa.Table, splits: npt.NDArray[np.int8]) -> pa.Table:
    """Return the table with its split column, codes of Split."""
    return table.add_column(2, "split", _numbers(splits.astype(np.int8)))


def set_splits(path: Path, splits: npt.NDArray[np.int8]) -> None:
    """Change the split codes in a file that ``write_table`` wrote, where they lie: its pixels are not written again."""
    with pa.memory_map(str(path)) as file:
        whole = file.read_buffer()
        codes = pa.ipc.open_file(whole).read_all().column("split").chunk(0).buffers()[1]
        place = codes.address - whole.address
    with path.open("r+b") as file:
        file.seek(place)
        file.write(splits.astype(np.int8).tobytes())


def without_splitless(table: pa.Table) -> pa.Table:
    """Return the table without the rows whose split is -1, its columns in one piece each."""
    return table.filter(pa.array(table.column("split").to_numpy() >= 0)).combine_chunks()


def write_table(table: pa.Table, path: Path) -> None:
    """Write a table as one Arrow file with one batch, so that its pixels lie in one piece."""
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def open_table(path: Path) -> pa.Table:
    """Open a local Arrow file, memory-mapped: only its footer is read until a column is used."""
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


def pixel_view(table: pa.Table) -> npt.NDArray[np.uint8]:
    """Return a table's images, uint8 (n, height, width, 3), read-only and not copied where they lie in one piece."""
    chunks = [chunk.to_numpy_ndarray() for chunk in table.column("image").chunks]
    return chunks[0] if len(chunks) == 1 else np.concatenate(chunks)


@contextmanager
def damaged_where_unreadable(folder: Folder, name: str) -> Iterator[None]:
    """Raise FormatError where the file ``name`` turns out to be missing or no whole Arrow file."""
    try:
        yield
    except FileNotFoundError as error:
        raise FormatError(
            f"'{folder.uri}' is damaged: expected the file {name}, found none; import it again"
        ) from error
    except (pa.ArrowException, OSError) as error:
        raise FormatError(
            f"'{folder.uri}' is damaged: {name} is not a whole Arrow file ({first_line(error)})"
        ) from error


def damaged(folder: Folder, name: str, expected: Checksum, actual: Checksum) -> FormatError:
    """Return the error that says that a file of a dataset is not the one that was imported."""
    return FormatError(f"'{folder.uri}' is damaged: expected {name} with {expected}, found {actual}; import it again")


def replaced(folder: Folder) -> FormatError:
    """Return the error that says that a dataset is another one than was opened."""
    return FormatError(
        f"'{folder.uri}' was imported anew while it was in use: expected the files that were opened, found others: "
        "begin again with them"
    )


def read_beside(folder: Folder, name: str, checksums: Mapping[str, Checksum]) -> bytes:
    """Return a file beside the Arrow files, whole, of the checksum that is noted, if one is.

    Raises FileNotFoundError, StorageError, or FormatError where it has another checksum.
    """
    data = folder.read(name)
    expected = checksums.get(name)
    if expected is not None and (actual := checksum_of(data)) != expected:
        raise damaged(folder, name, expected, actual)
    return data
