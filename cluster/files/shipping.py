"""The token on the machine that brings a cluster up: made where there is none, and never shown."""

import os
import stat
from pathlib import Path

from cluster.errors import ClusterFileError
from cluster.nodes.checks import Check
from cluster.token import has_token, keep_token, renew_token, token_file

_NODE = "this machine"


def shipped_token(*, new: bool) -> tuple[Path, bool]:
    """Make the file of the token where there is none, or a ``new`` one; return it, and whether it was made now.

    Raises ClusterFileError where it cannot be written, or the token of this process is another one.
    """
    if os.environ.get("RAY_AUTH_TOKEN"):
        raise ClusterFileError("expected the token in a file, found one in RAY_AUTH_TOKEN: unset that")
    made = new or not has_token()
    try:
        if new:
            renew_token()
        keep_token()
    except OSError as error:
        raise ClusterFileError(f"expected to write {token_file()}, found: {error.strerror}") from error
    return token_file(), made


def check_token() -> Check:
    """Make the user's token where there is none, and say so."""
    made = not has_token()
    try:
        keep_token()
        mode = stat.S_IMODE(token_file().stat().st_mode)
    except OSError as error:
        advice = "unset RAY_AUTH_TOKEN, and let the file be written: a cluster is shipped the file"
        return Check(_NODE, "token", ok=False, found=f"{token_file()}: {error.strerror}", advice=advice)
    if mode & 0o077:
        found, advice = f"{token_file()}: others may read it (mode {mode:04o})", f"chmod 600 {token_file()}"
        return Check(_NODE, "token", ok=False, found=found, advice=advice)
    return Check(_NODE, "token", ok=True, found=f"{token_file()}{', made now' if made else ''}")
