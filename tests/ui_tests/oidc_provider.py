"""A small OpenID Connect provider on the loopback, which knows one person and asks no questions."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "galaxy-tuner"
_KEY = RSAKey.generate_key(2048, {"kid": "only"})


class Provider:
    """Logs whoever comes in as ``email``."""

    def __init__(self, email: str) -> None:
        self.email = email
        self.issuer = ""
        self.nonces: dict[str, str] = {}

    @property
    def metadata_url(self) -> str:
        """Where a client looks first."""
        return f"{self.issuer}/.well-known/openid-configuration"

    def answer(self, path: str, query: dict[str, str]) -> dict[str, Any] | str:
        """Return a JSON object, or the address to go to."""
        if path == "/.well-known/openid-configuration":
            ends = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
            return {
                "issuer": self.issuer,
                "jwks_uri": f"{self.issuer}/jwks",
                "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                **{f"{name}_endpoint": f"{self.issuer}/{end}" for name, end in ends.items()},
            }
        if path == "/jwks":
            return {"keys": [_KEY.as_dict(private=False)]}
        if path == "/authorize":
            code = f"code-{len(self.nonces)}"
            self.nonces[code] = query.get("nonce", "")
            return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"
        person = {"sub": "1", "email": self.email, "email_verified": True}
        if path == "/userinfo":
            return person
        times = {"iat": int(time.time()), "exp": int(time.time()) + 600}
        claims = person | times | {"iss": self.issuer, "aud": CLIENT, "nonce": self.nonces[query["code"]]}
        token = jwt.encode({"alg": "RS256", "kid": "only"}, claims, _KEY)
        return {"access_token": "access", "token_type": "Bearer", "expires_in": 600, "id_token": token}


@contextmanager
def provider(email: str) -> Iterator[Provider]:
    """Serve one on a free port."""
    made = Provider(email)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply(urlsplit(self.path).query)

        def do_POST(self) -> None:
            self._reply(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def _reply(self, query: str) -> None:
            given = {name: values[0] for name, values in parse_qs(query).items()}
            answer = made.answer(urlsplit(self.path).path, given)
            self.send_response(302 if isinstance(answer, str) else 200)
            if isinstance(answer, str):
                self.send_header("Location", answer)
                self.end_headers()
                return
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.issuer = f"http://127.0.0.1:{server.server_address[1]}"
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield made
        finally:
            server.shutdown()
