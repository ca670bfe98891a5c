"""A Ray that takes anyone, or has another token, is refused in one line before anything is asked of it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
import pytest

from cluster import ClusterError
from cluster.nodes.authentication import check_guarded

TOKEN = "0" * 64


@contextmanager
def control_service(token: str | None) -> Iterator[str]:
    """Answer as a Ray's control service does that has the token, or takes anyone; give its address."""

    def answer(_request: bytes, context: grpc.ServicerContext) -> bytes:
        if token is not None and ("authorization", f"Bearer {token}") not in context.invocation_metadata():
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "InvalidAuthToken")
        return b""

    handler = grpc.unary_unary_rpc_method_handler(answer)
    server = grpc.server(ThreadPoolExecutor(max_workers=1))
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("ray.rpc.NodeInfoGcsService", {"CheckAlive": handler})]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


@pytest.mark.parametrize(
    ("token", "fault"),
    [
        (None, "that Ray lets anyone who reaches it run code: stop it, and start it on every node with"),
        ("1" * 64, r"that Ray has another token than the one in \$RAY_AUTH_TOKEN: put there the one of"),
        (TOKEN, None),
    ],
    ids=["none", "another", "ours"],
)
def test_a_ray_is_asked_for_its_token(token: str | None, fault: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", TOKEN)
    with control_service(token) as address:
        if fault is None:
            check_guarded(address)
            return
        with pytest.raises(ClusterError, match=rf"^--address {address}: {fault}"):
            check_guarded(address)
