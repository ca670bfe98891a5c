"""Where a search, its finals or a fit runs, and of which HyperModel it is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Where:
    """Where trials run, and where what is found is kept.

    Attributes:
        storage: A folder or URI.
        address: 'local' (a Ray of its own), 'in-process', 'auto' or 'HOST:PORT'.
        preflight: Whether the nodes are examined before, if there are several.
        hypermodel: The HyperModel where it is given as an object; None where its name is in the settings.
    """

    storage: str = "runs"
    address: str = "local"
    preflight: bool = True
    hypermodel: object | None = None
