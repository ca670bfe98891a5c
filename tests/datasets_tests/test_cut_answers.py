"""Reading from an object store whose connections end in the middle of an answer's head."""

import io
import itertools
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datasets import StorageError, local_place, open_folder
from datasets.catalogues.parquet_rows import ParquetRows, plan_parquet
from datasets.storage import fetching, remote
from datasets.storage.remote_file import RemoteFile

# Of seven connections these are cut: a file takes two, so that both its length and its content are hit.
_CUT, _OF = (2, 4), 7


class Cutting:
    """Passes connections on to an S3 server, and ends some after ``most`` bytes of its answer."""

    def __init__(self, uri: str, most: int) -> None:
        self._to = parse_qs(urlsplit(uri).query)["endpoint_override"][0].rpartition(":")
        self._most, self._numbers = most, itertools.count(1)
        self._server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()
        self.uri = uri.replace(f":{self._to[2]}", f":{self._server.getsockname()[1]}")

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                threading.Thread(target=self._pass, args=(client, next(self._numbers)), daemon=True).start()

    def _pass(self, client: socket.socket, number: int) -> None:
        with client, socket.create_connection((self._to[0], int(self._to[2]))) as server, suppress(OSError):
            server.sendall(client.recv(2**16))
            most = self._most if number % _OF in _CUT else 2**20
            while most > 0 and (data := server.recv(2**16)):
                client.sendall(data[:most])
                most -= len(data)
            client.shutdown(socket.SHUT_RDWR)


@pytest.fixture(params=[20, 60, 200, 250])
def cut(request: pytest.FixtureRequest, s3: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(remote, "_PAUSES", (0.0, 0.0))
    cutting = Cutting(s3, request.param)
    yield cutting.uri
    cutting.close()


def test_what_is_read_is_what_was_written(cut: str, s3: str) -> None:
    content = bytes(range(256)) * 5
    open_folder(s3).write_whole("file", content)
    open_folder(s3).write_whole("empty", b"")
    folder = open_folder(cut)
    assert folder.read("empty") == b""
    for _ in range(5):
        assert folder.read("file") == content


def test_what_a_file_is_said_to_be_is_what_it_is(cut: str, s3: str) -> None:
    open_folder(s3).write_whole("file", b"content")
    written = open_folder(s3).modified("file")
    assert [open_folder(cut).size("file") for _ in range(5)] == [7] * 5
    assert [open_folder(cut).modified("file") for _ in range(5)] == [written] * 5


def test_a_table_that_is_fetched_is_what_was_written(cut: str, s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "_BLOCK", 2**12)
    content = b"".join(f"{row},{row % 7}\n".encode() for row in range(4000))
    open_folder(s3).write_whole("a.csv", content)
    with local_place(open_folder(cut).child("a.csv").uri) as fetched:
        assert fetched.read_bytes() == content


def test_a_parquet_file_that_is_read_where_it_lies_is_what_was_written(cut: str, s3: str) -> None:
    images = [bytes([row]) * 2**12 for row in range(64)]
    sink = io.BytesIO()
    column = pa.array([{"bytes": image} for image in images], pa.struct([("bytes", pa.binary())]))
    pq.write_table(pa.table({"image": column}), sink, compression="none", use_dictionary=False)
    open_folder(s3).write_whole("a.parquet", sink.getvalue())
    planned = plan_parquet(open_folder(cut), [("a.parquet", "a")], size=64)
    rows = ParquetRows(cut, in_folder=True, **planned.details)
    assert [image.read() for _, some in rows.read(0, 0, 64) for image in some] == images


def test_a_table_that_is_replaced_while_it_is_fetched_is_refused(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = open_folder(s3)
    folder.write_whole("a.csv", b"a" * 64)
    monkeypatch.setattr(RemoteFile, "close", lambda file: folder.write_whole("a.csv", b"b" * 65))
    with pytest.raises(StorageError, match=r"a\.csv.*replaced meanwhile"), local_place(folder.child("a.csv").uri):
        pytest.fail("it was read")
