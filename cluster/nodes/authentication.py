"""Whether a Ray takes nobody without its token, and this process with the one that it has.

Ray's own client tries for 20 s where the token is another, with a line each second, and then says nothing of tokens;
and where a Ray asks for none it connects without a word (ray 2.60). So its control service (GCS) is asked before, over
gRPC, by a name of Ray's own; what answers neither yes nor no is left to Ray's client.
"""

import contextlib

import grpc
from ray._private import services

from cluster.errors import ClusterError
from cluster.token import how_to_take, own_token, token_place

_METHOD = "/ray.rpc.NodeInfoGcsService/CheckAlive"
_SECONDS = 10.0


def check_guarded(address: str) -> None:
    """Raise ClusterError, one line, if the Ray at ``address`` ('auto' or HOST:PORT) takes anyone, or not us."""
    place: str | None = address
    if address == "auto":
        with contextlib.suppress(ValueError, OSError):
            place = services.canonicalize_bootstrap_address(address)
    if place is None or place == "auto":
        return
    with grpc.insecure_channel(place) as channel:
        if _answer(channel, None) is grpc.StatusCode.OK:
            raise ClusterError(
                f"--address {address}: that Ray lets anyone who reaches it run code: stop it, and start it on every "
                "node with RAY_AUTH_MODE=token and the same token in ~/.ray/auth_token"
            )
        if _answer(channel, own_token()) is grpc.StatusCode.UNAUTHENTICATED:
            raise ClusterError(
                f"--address {address}: that Ray has another token than the one in {token_place()}: "
                f"{how_to_take('the machine that started it')}, or give the command on a node of it"
            )


def _answer(channel: grpc.Channel, token: str | None) -> grpc.StatusCode:
    given = () if token is None else (("authorization", f"Bearer {token}"),)
    try:
        channel.unary_unary(_METHOD)(b"", timeout=_SECONDS, metadata=given)
    except grpc.RpcError as error:
        code: grpc.StatusCode = error.code()
        return code
    return grpc.StatusCode.OK
