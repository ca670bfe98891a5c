"""Reading from an object store whose connections end in the middle of an answer's head."""

import itertools
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit

import pytest

from datasets import open_folder

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
def cut(request: pytest.FixtureRequest, s3: str) -> Iterator[str]:
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
