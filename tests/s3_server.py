"""An S3 server in the tests' own process, which counts what it is asked and refuses what it is told to."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from secrets import token_hex
from typing import Any

import pytest
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

from datasets.storage import conditional, remote

BUCKET = "galaxies"
_BUSY = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"

Answer = Callable[..., Any]


class _Quiet(WSGIRequestHandler):
    def log(self, *arguments: object) -> None:
        """Say nothing."""


def _forget_who_asks() -> None:
    """Open what is kept for a process again, for whoever the environment has now."""
    for kept in (remote._filesystem, conditional._client):
        kept.cache_clear()


class S3Server:
    """moto's server with one empty bucket, on a free port of this machine.

    Attributes:
        uri: the bucket's, as ``open_folder`` takes it; ``open_folder(server.uri).child("x")`` is a folder in it.
        requests: (method, path) of each request so far, such as ("GET", "/galaxies/x/dataset.json").
    """

    def __init__(self) -> None:
        self.requests: list[tuple[str, str]] = []
        self._busy: tuple[str, int] = ("", 0)
        self._gate: Callable[[str, str], None] = lambda method, path: None
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=_Quiet)
        self._thread = threading.Thread(target=self._server.serve_forever, name="s3", daemon=True)
        self._thread.start()
        self.uri = f"s3://{BUCKET}?endpoint_override=127.0.0.1:{self._server.server_port}&scheme=http"

    def make_bucket(self) -> None:
        """Make the bucket, which every test shares."""
        from pyarrow.fs import FileSystem

        FileSystem.from_uri(f"{self.uri}&allow_bucket_creation=true")[0].create_dir(BUCKET)

    def count(self, method: str, part: str) -> int:
        """Return how often a path with ``part`` in it was asked for by a method."""
        return sum(asked == method and part in path for asked, path in self.requests)

    def refuse(self, method: str, times: int) -> None:
        """Answer the next requests of a method with 503 SlowDown."""
        self._busy = (method, times)

    @property
    def refusals_left(self) -> int:
        """How many requests are still to be refused."""
        return self._busy[1]

    @contextmanager
    def watched(self, gate: Callable[[str, str], None]) -> Iterator[None]:
        """Call ``gate`` with method and path of each request before it is answered, until the block ends."""
        before, self._gate = self._gate, gate
        try:
            yield
        finally:
            self._gate = before

    @contextmanager
    def policed(self, actions: Iterable[str]) -> Iterator[str]:
        """Give the bucket's URI, with a user in the environment who may do nothing but these actions of S3's."""
        import boto3  # here, as it takes a second to import

        host = f"127.0.0.1:{self._server.server_port}"
        iam = boto3.client("iam", endpoint_url=f"http://{host}")
        name = token_hex(8)
        iam.create_user(UserName=name)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        places = {action: f"arn:aws:s3:::{BUCKET}" + ("" if "List" in action else "/*") for action in actions}
        policy = [{"Effect": "Allow", "Action": action, "Resource": place} for action, place in places.items()]
        document = json.dumps({"Version": "2012-10-17", "Statement": policy})
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document)
        self._police(host, "0")
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
                patch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
                _forget_who_asks()
                yield self.uri
        finally:
            _forget_who_asks()
            self._police(host, "inf")

    def _police(self, host: str, after: str) -> None:
        """Let so many requests through before policies count."""
        connection = HTTPConnection(host)
        connection.request("POST", "/moto-api/reset-auth", after)
        connection.getresponse().read()
        connection.close()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, environ: dict[str, Any], start: Answer) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        self.requests.append((method, path))
        self._gate(method, path)
        refused, times = self._busy
        if times and method == refused:
            self._busy = (refused, times - 1)
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start("503 Slow Down", [("Content-Type", "application/xml")])
            return [_BUSY]
        answer: Iterable[bytes] = self._moto(environ, start)
        return answer
