"""Answers that are durable before the table is written: parts in a folder beside it, each whole or not there.

A part is an Arrow file with the answers of rows that follow each other, named by the first; ``catalogue.json`` says
what they are of. One process at a time holds the folder: on one host by a lock. Where hosts share a folder its locks
may hold for one of them alone, so it also says who came last: whoever came before ends at its next part.
"""

import fcntl
import json
import os
import secrets
import shutil
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import pyarrow as pa

from datasets import replace_file, storage_errors
from trainer.errors import PartsError

_RECORD = "catalogue.json"
_SUFFIX = ".parts"
_PART = ".arrow"
_HOLDER = "holder.json"
_ROWS, _SECONDS = 4096, 10.0
"""After how many rows, or how long, what has been answered is written."""


class Parts:
    """The parts of one table of answers, in the order of its rows.

    Attributes:
        folder: where they are.
        rows: that are answered and durable.
    """

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        self.folder, self._schema = folder, schema
        self.rows = 0
        self._found: list[Path] = []
        self._waiting: list[pa.RecordBatch] = []
        self._since = 0.0
        self._said = json.dumps(
            {"host": socket.gethostname(), "process": os.getpid(), "token": secrets.token_hex(8)}
        ).encode()

    @classmethod
    @contextmanager
    def opened(cls, target: Path, schema: pa.Schema, record: Mapping[str, str]) -> Iterator[Self]:
        """Yield the parts of what is to be written at ``target``; what is waiting is durable when the block ends.

        Raises PartsError where there are some of something else than ``record`` says, or another process holds
        them, as `flush` does where another host's came later; StorageError where they cannot be written.
        """
        folder = target.with_name(f"{target.name}{_SUFFIX}")
        with storage_errors("write", folder, absent_is_error=True):
            folder.mkdir(parents=True, exist_ok=True)
            lock = os.open(folder, os.O_RDONLY)
        try:
            _take(lock, folder)
            parts = cls(folder, schema)
            parts._check(record)
            _write(folder / _HOLDER, parts._said)
            parts._find()
            try:
                yield parts
            finally:
                parts.flush()
                if not parts.rows and parts._is_held():
                    parts.remove()
        finally:
            os.close(lock)

    def add(self, batch: pa.RecordBatch) -> None:
        """Add the answers of the next rows; they are durable soon."""
        self._since = self._since if self._waiting else time.monotonic()
        self._waiting.append(batch)
        if sum(map(len, self._waiting)) >= _ROWS or time.monotonic() - self._since >= _SECONDS:
            self.flush()

    def flush(self) -> None:
        """Make durable what has been added. Raises PartsError where the folder is another process's by now, or gone."""
        if not self._waiting:
            return
        self._require_held()
        batch = pa.concat_batches(self._waiting)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_file(sink, self._schema) as writer:
            writer.write_batch(batch)
        path = self.folder / f"{self.rows:012d}{_PART}"
        _write(path, sink.getvalue().to_pybytes())
        self._found.append(path)
        self._waiting, self.rows = [], self.rows + len(batch)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all durable answers, in the order of the rows. Raises PartsError as `flush`."""
        if self._found:
            self._require_held()
        for path in self._found:
            yield from _read(path)

    def remove(self) -> None:
        """Remove them all: the table is written."""
        self._waiting, self._found, self.rows = [], [], 0
        shutil.rmtree(self.folder)

    def _is_held(self) -> bool:
        """Say whether nobody has come to the folder since."""
        path = self.folder / _HOLDER
        return path.exists() and path.read_bytes() == self._said

    def _require_held(self) -> None:
        with storage_errors("read", self.folder, absent_is_error=True):
            if not self._is_held():
                raise PartsError(
                    f"'{self.folder}' is this command's no longer: another command, on another host, has gone on with "
                    "the same output, or the folder was removed: wait for that one, or give the same command again"
                )

    def _check(self, record: Mapping[str, str]) -> None:
        """Compare what the parts are of; say it of new ones."""
        path = self.folder / _RECORD
        if not path.exists():
            _write(path, json.dumps(dict(record), indent=1).encode())
            return
        try:
            found = json.loads(path.read_bytes())
            other = [key for key in {**found, **record} if found.get(key) != record.get(key)]
        except (ValueError, AttributeError, TypeError):
            other = ["record"]
        if other:
            raise PartsError(
                f"'{self.folder}' holds answers that were begun with another {', '.join(other)}: give the same command "
                "again to go on with them, take another --output, or remove that folder"
            )

    def _find(self) -> None:
        """Count the rows of the parts that follow each other; remove what is behind a gap."""
        for path in sorted(self.folder.glob(f"*{_PART}")):
            try:
                count = self._rows_of(path) if path.name == f"{self.rows:012d}{_PART}" else 0
            except pa.ArrowInvalid:
                count = 0
            if count:
                self.rows += count
                self._found.append(path)
            else:
                path.unlink()

    def _rows_of(self, path: Path) -> int:
        """Return how many rows a part has; none where it is of other columns, as another version may have written."""
        batches = list(_read(path))
        return sum(map(len, batches)) if all(batch.schema.equals(self._schema) for batch in batches) else 0


def _read(path: Path) -> Iterator[pa.RecordBatch]:
    with pa.OSFile(str(path)) as file:
        reader = pa.ipc.open_file(file)
        yield from (reader.get_batch(number) for number in range(reader.num_record_batches))


def _write(path: Path, data: bytes) -> None:
    with storage_errors("write", path, absent_is_error=True):
        replace_file(path, data)


def _take(lock: int, folder: Path) -> None:
    """Lock the folder, as long as it is open."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise PartsError(f"'{folder}' is in use: another command classifies into the same output") from error
    except OSError:  # a file system without locks
        return
