"""Arrays in files, NPY, NPZ and HDF5: which there are, and some rows of one."""

import math
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from datasets.errors import ImageError, first_line
from datasets.images.magic import Kind, kind_of
from datasets.images.scratch import Scratch
from datasets.images.zips import open_member
from datasets.wording import few

MAX_COLUMN = 2**28
"""Bytes that an array may have which is read whole: names, labels, positions."""
_BROKEN_ZIP = (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError)


@dataclass(frozen=True)
class Stored:
    """An array in a file.

    Attributes:
        path: the file.
        name: how the array is called there; empty in an NPY file, which has but one.
        shape: as it stands.
        dtype: of the elements.
        kind: of the file.
        names: class names that HDF5 keeps as an attribute of the array, its group or the file; mostly there are none.
    """

    path: Path
    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    kind: Kind
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name or self.path.name} {self.shape}"

    @property
    def is_text(self) -> bool:
        """Whether the elements are strings."""
        if self.dtype.kind != "O":
            return self.dtype.kind in "SU"
        import h5py  # it has objects for strings of any length

        return h5py.check_string_dtype(self.dtype) is not None

    def mapped(self, scratch: Scratch) -> "Stored":
        """Return the array where its rows can be read one by one: one of an NPZ is unpacked.

        Raises ImageError where it is damaged, SourceError where there is no room for it.
        """
        if self.kind is not Kind.NPZ:
            return self
        with _member(self.path, self.name) as (stream, size):
            return replace(self, path=scratch.unpacked(f"{self.path}/{self.name}", stream, size), kind=Kind.NPY)

    def rows(self, start: int, stop: int) -> npt.NDArray[np.generic]:
        """Read rows of one that is mapped. Raises ImageError where that is impossible."""
        if self.kind is Kind.NPY:
            return np.asarray(_memory(self.path)[start:stop])
        from datasets.images.arrays.hdf5 import open_hdf5

        with open_hdf5(self.path) as file:
            return np.asarray(file[self.name][start:stop])

    def column(self) -> npt.NDArray[np.generic]:
        """Read all of it, strings as ``str``. Raises ImageError where that is impossible, or it is too large."""
        if math.prod(self.shape) * self.dtype.itemsize > MAX_COLUMN:
            raise ImageError(f"'{self.name}' is too large: at most {MAX_COLUMN // 2**20} MiB of a column are read")
        if self.kind is Kind.NPZ:
            with _member(self.path, self.name) as (stream, _):
                values = np.lib.format.read_array(stream, allow_pickle=False)
        else:
            values = self.rows(0, self.shape[0])
        if not self.is_text:
            return values
        texts = [value.decode(errors="replace") if isinstance(value, bytes) else str(value) for value in values.flat]
        return np.array([text.strip() for text in texts]).reshape(values.shape)


def arrays_in(path: Path, called: str = "") -> tuple[Stored, ...]:
    """List the arrays of at least one axis in an NPY, NPZ or HDF5 file, in the order of their names.

    ``called`` is the file's name where the path does not have it.

    Raises ImageError where it cannot be read, or has Python objects in it.
    """
    try:
        with path.open("rb") as file:
            kind = kind_of(file.read(8), called or path.name)
            file.seek(0)
            if kind is Kind.NPY:
                return tuple(_npy(path, "", file, Kind.NPY, path.stat().st_size))
    except OSError as error:
        raise ImageError(f"cannot be read: {error.strerror}") from error
    if kind is None:
        raise ImageError("cannot be read: it does not begin as an NPY, NPZ or HDF5 file does")
    if kind is Kind.NPZ:
        return tuple(_npz(path))
    from datasets.images.arrays.hdf5 import in_hdf5

    return tuple(in_hdf5(path))


def _npy(path: Path, name: str, stream: IO[bytes], kind: Kind, size: int) -> Iterator[Stored]:
    """Yield the array whose header begins a stream of ``size`` bytes."""
    try:
        shape, _, dtype = _header(stream)
    except ValueError as error:
        raise ImageError(f"cannot be read: {first_line(error)}") from error
    if dtype.hasobject:
        what = f"'{name}' " if name else ""
        raise ImageError(
            f"{what}holds Python objects, which run code when they are read: save numbers or text, allow_pickle=False"
        )
    if math.prod(shape) * dtype.itemsize > size - stream.tell():
        what = f"'{name}' " if name else ""
        raise ImageError(f"{what}cut off: it promises an array {shape} of {dtype} and ends before")
    if shape and dtype.names is None:
        yield Stored(path, name, shape, dtype, kind)


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[np.generic]]:
    """Read (shape, whether it is in Fortran's order, type) of an array, and stop before its elements."""
    version = np.lib.format.read_magic(stream)
    if version not in {(1, 0), (2, 0)}:
        raise ValueError(f"arrays of NPY's version {version} are tables")
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a header of Python 2 is slow to read, and right
        return read(stream)


def _npz(path: Path) -> Iterator[Stored]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = sorted(archive.namelist())
    except _BROKEN_ZIP as error:
        raise ImageError(f"cannot be read: {first_line(error)}") from error
    if not all(name.endswith(".npy") for name in names):
        raise ImageError(f"expected an NPZ, a zip of NPY files, found one with {few(names)}")
    for name in names:
        with _member(path, name.removesuffix(".npy")) as (stream, size):
            yield from _npy(path, name.removesuffix(".npy"), stream, Kind.NPZ, size)


@contextmanager
def _member(path: Path, name: str) -> Iterator[tuple[IO[bytes], int]]:
    """Open an array of an NPZ: a stream of it as NPY, and its length."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = archive.getinfo(f"{name}.npy").file_size
            with open_member(archive, f"{name}.npy") as stream:
                yield stream, size
    except _BROKEN_ZIP as error:
        raise ImageError(f"cannot be read: {first_line(error)}") from error


def _memory(path: Path) -> npt.NDArray[np.generic]:
    """Map an NPY file into memory."""
    try:
        with path.open("rb") as file:
            shape, fortran, dtype = _header(file)
            if dtype.hasobject:
                raise ValueError("Python objects")
            return np.memmap(path, dtype, "r", file.tell(), shape, "F" if fortran else "C")
    except (OSError, ValueError) as error:
        raise ImageError(f"cannot be read: {first_line(error)}") from error
