"""Reading a cluster file, and telling which kind it is. Raises ClusterFileError, one line, for what is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any, Literal

import yaml

from cluster.errors import ClusterFileError

Kind = Literal["local", "aws", "gcp", "kuberay", "slurm"]


@dataclass(frozen=True)
class ClusterFile:
    """A file that brings a cluster up.

    Attributes:
        path: Where it lies.
        kind: The provider of a file for `ray up`, or who else takes it: `kubectl apply`, `sbatch`.
        text: All of it.
        documents: What it says, as YAML; empty for a script.
    """

    path: Path
    kind: Kind
    text: str
    documents: tuple[Mapping[str, Any], ...] = ()

    @property
    def name(self) -> str:
        """The file's name, which stands for a node where all are meant."""
        return self.path.name

    @property
    def command(self) -> str:
        """What brings the cluster up."""
        match self.kind:
            case "kuberay":
                return f"kubectl apply -f {quote(str(self.path))}"
            case "slurm":
                return f"sbatch {quote(str(self.path))} DATASET --name NAME"
        return f"ray up {quote(str(self.path))}"

    @property
    def settings(self) -> Mapping[str, Any]:
        """What a file for `ray up` says: its only document."""
        return self.documents[0]


def read_cluster_file(path: Path) -> ClusterFile:
    """Read the file at ``path``. Raises ClusterFileError unless it is one that brings a cluster up."""
    expected = (
        "expected a file for `ray up` (provider local, aws or gcp), a RayCluster of Kubernetes or an sbatch script"
    )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ClusterFileError(f"{path}: {expected}, but it cannot be read: {error}") from error
    if text.startswith("#!"):
        if "#SBATCH" in text:
            return ClusterFile(path, "slurm", text)
        raise ClusterFileError(f"{path}: {expected}, found a script without #SBATCH lines")
    try:
        documents = [document for document in yaml.safe_load_all(text) if document is not None]
        _check_names(documents)
    except (yaml.YAMLError, ValueError) as error:  # a ValueError by a date such as 2026-13-01
        raise ClusterFileError(f"{path}: expected YAML, found {' '.join(str(error).split())}") from error
    except RecursionError:
        raise ClusterFileError(f"{path}: {expected}, found lists within lists without an end") from None
    if not documents or not all(isinstance(document, Mapping) for document in documents):
        raise ClusterFileError(f"{path}: {expected}, found no mapping of names to values")
    if any(document.get("kind") == "RayCluster" for document in documents):
        return ClusterFile(path, "kuberay", text, tuple(documents))
    provider = documents[0].get("provider")
    kind = provider.get("type") if isinstance(provider, Mapping) else None
    match kind:
        case "local" | "aws" | "gcp" if len(documents) == 1:
            return ClusterFile(path, kind, text, tuple(documents))
        case "local" | "aws" | "gcp":
            raise ClusterFileError(f"{path}: expected one document for `ray up`, found {len(documents)} (`---`)")
    raise ClusterFileError(f"{path}: {expected}, found {f'the provider {kind}' if kind else 'no provider'}")


def _check_names(value: object) -> None:
    """Raise ValueError unless every key is text, and RecursionError where a document is part of itself."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            if not isinstance(key, str):
                raise ValueError(f"the key {key!r}, which is no text: put it in quotes")
            _check_names(each)
    elif isinstance(value, list):
        for each in value:
            _check_names(each)
