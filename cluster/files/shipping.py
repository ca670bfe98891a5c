"""The token on the machine that brings a cluster up: made where there is none, and never shown."""

import stat

from cluster.nodes.checks import Check
from cluster.token import ensure_token, has_token, token_file

_NODE = "this machine"


def check_token() -> Check:
    """Make the user's token where there is none, and say so."""
    made = not has_token()
    ensure_token()
    try:
        mode = stat.S_IMODE(token_file().stat().st_mode)
    except OSError as error:
        advice = "unset RAY_AUTH_TOKEN, and let the file be written: a cluster is shipped the file"
        return Check(_NODE, "token", ok=False, found=f"{token_file()}: {error.strerror}", advice=advice)
    if mode & 0o077:
        found, advice = f"{token_file()}: others may read it (mode {mode:04o})", f"chmod 600 {token_file()}"
        return Check(_NODE, "token", ok=False, found=found, advice=advice)
    return Check(_NODE, "token", ok=True, found=f"{token_file()}{', made now' if made else ''}")
