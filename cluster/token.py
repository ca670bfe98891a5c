"""The token without which nobody may run code on a Ray: one a user, made here, where Ray itself looks for one.

Whoever reaches the ports of a Ray without a token can run whatever he likes on its nodes. Ray 2.60 uses one where it is
told to (`RAY_AUTH_MODE`) and has one: in `$RAY_AUTH_TOKEN`, in the file that `$RAY_AUTH_TOKEN_PATH` names, or in
`~/.ray/auth_token`. It makes that file for all to read, and only for a Ray of its own, so it is made here.

`cluster/ray` runs this file as it is, by any Python 3.11, before it starts a node:

    token.py --head …    makes the token where there is none; one line, exit status 1, where none can be kept
    token.py …           one line, exit status 1, where there is none
"""

import os
import secrets
import sys
from contextlib import suppress
from pathlib import Path

_MODE, _TOKEN, _PATH = "RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"
_OWNERS_ALONE = 0o600


def require_token() -> None:
    """Let this process, and all that it starts, speak to a Ray with a token alone, whatever its environment says."""
    os.environ[_MODE] = "token"
    if os.environ.get(_PATH):
        os.environ[_PATH] = str(token_file())  # Ray itself knows no `~`
    raylet = sys.modules.get("ray._raylet")
    if raylet is not None:  # imported before by the user's program: it has looked already
        raylet.Config.initialize("")


def token_file() -> Path:
    """Return where Ray looks for the user's token, unless the environment holds the token itself."""
    return Path(os.environ.get(_PATH) or "~/.ray/auth_token").expanduser()


def own_token() -> str | None:
    """Return the token of this process, in the environment or in the file; None where there is none."""
    with suppress(OSError):
        return os.environ.get(_TOKEN) or token_file().read_text().strip() or None
    return None


def token_place() -> str:
    """Say where this process has its token from, or would have it."""
    return f"${_TOKEN}" if os.environ.get(_TOKEN) else str(token_file())


def how_to_take(host: str) -> str:
    """Say how this process comes by the token of the machine ``host``."""
    if os.environ.get(_TOKEN):
        return f"put there the one of {host}, or unset it and copy ~/.ray/auth_token from there, with mode 0600"
    return f"copy the file from {host}, with mode 0600"


def has_token() -> bool:
    """Whether there is a token for this process."""
    return own_token() is not None


def ensure_token() -> None:
    """Make the user's token where there is none, and let nobody else read the file.

    Where the home directory cannot be written this process has one of its own, in its environment.
    """
    try:
        keep_token()
    except OSError:
        os.environ[_TOKEN] = secrets.token_hex(32)


def keep_token() -> None:
    """Make the user's token where there is none, and let nobody else read the file. Raises OSError if none is kept."""
    if os.environ.get(_TOKEN):
        return
    try:
        if not has_token():
            _write(token_file(), replaced=False)
        _keep_from_others(token_file())
    except OSError:
        if not has_token():
            raise


def renew_token() -> None:
    """Put a new token in place of the user's; a Ray that runs goes on with the old one. Raises OSError."""
    _write(token_file(), replaced=True)


def _write(file: Path, *, replaced: bool) -> None:
    """Write a token of 256 bits whole or not at all; of several processes that make the first, one does."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new, token = file.with_name(f".{file.name}.{secrets.token_hex(8)}"), secrets.token_hex(32)
    try:
        _create(new, token)
        if replaced or (file.exists() and not has_token()):
            new.replace(file)
        else:
            with suppress(FileExistsError):
                _link(file, new, token)
    finally:
        new.unlink(missing_ok=True)


def _link(file: Path, new: Path, token: str) -> None:
    """Give the whole file ``new`` its name. Raises FileExistsError where that is taken."""
    try:
        file.hardlink_to(new)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links, or one that says now what it lacks
        _create(file, token)


def _create(file: Path, token: str) -> None:
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNERS_ALONE), "w") as opened:  # noqa: PTH123
        opened.write(token)


def _keep_from_others(file: Path) -> None:
    if file.stat().st_mode & 0o077:
        file.chmod(_OWNERS_ALONE)


if __name__ == "__main__":
    if "--head" in sys.argv:
        try:
            keep_token()
        except OSError as error:
            sys.exit(
                f"expected to write the token into {token_file()}, found: {error.strerror or error}: "
                f"make room there, or name a file that can be written in {_PATH}"
            )
    if not has_token():
        sys.exit(f"expected the token of the head in {token_file()}, found none: copy the file from there")
