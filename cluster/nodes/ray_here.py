"""The Ray that `cluster/ray` has started on this machine for this user: where it works, and how it is joined."""

import os
from pathlib import Path

from cluster.nodes.launched import TEMPORARY, is_own


def temporary_here() -> str | None:
    """Return the folder for temporary files of the Ray that `cluster/ray` has started here; None if there is none.

    What processes leave there that were killed goes when that Ray ends.
    """
    folder = _folder() / TEMPORARY
    return str(folder) if is_own(_folder()) and folder.is_dir() else None


def address_here() -> str | None:
    """Return the HOST:PORT of the Ray that `cluster/ray` has started on this machine; None if there is none.

    What another user has left in that place is not read: who joined his Ray would send him the token.
    """
    if not is_own(_folder()):
        return None
    try:
        return (_folder() / "ray" / "ray_current_cluster").read_text().strip() or None
    except OSError:
        return None


def _folder() -> Path:
    return Path(os.environ.get("GALAXY_RAY_FOLDER") or f"/tmp/galaxy-{os.getuid()}")
