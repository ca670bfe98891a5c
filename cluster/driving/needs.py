"""What a trial needs of a node, and how many trials a node carries by that."""

from collections.abc import Iterable
from dataclasses import dataclass

from cluster.nodes.asking import Node
from search import SearchSettings

# Ray counts in parts of 1/10000.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Needs:
    """CPUs and GPUs of one trial; ``everywhere``: on a node without GPUs it takes CPUs alone."""

    cpus: int
    gpus: float
    everywhere: bool = False

    @classmethod
    def of(cls, settings: SearchSettings) -> "Needs":
        """Return what a trial of the search needs."""
        return cls(settings.cpus_per_trial, settings.gpus_per_trial, settings.cpu_nodes_too)

    @property
    def is_mixed(self) -> bool:
        """Whether some trials have GPUs and others have none."""
        return self.everywhere and self.gpus > 0

    def resources(self, *, gpu: bool) -> dict[str, float]:
        """Return what Ray is asked for; ``gpu``: with what the trial needs of GPUs."""
        return {"CPU": float(self.cpus)} | ({"GPU": self.gpus} if gpu and self.gpus else {})

    def trials(self, node: Node) -> int:
        """Return how many trials the node carries."""
        by_cpus = int(node.cpus / self.cpus + _ROUNDING)
        if not self.gpus or (self.everywhere and not node.gpus):
            return by_cpus
        if self.gpus < 1:  # a part is never of two GPUs
            return min(by_cpus, int(node.gpus + _ROUNDING) * int(1 / self.gpus + _ROUNDING))
        return min(by_cpus, int(node.gpus / self.gpus + _ROUNDING))

    def lacking(self, nodes: Iterable[Node]) -> str:
        """Say that none of ``nodes`` has what the trial needs."""
        most = max(nodes, key=lambda node: (node.gpus, node.cpus), default=None)
        has = "nothing" if most is None else f"{most.cpus:g} CPUs and {most.gpus:g} GPUs"
        return f"a trial needs {self} on one node, but the largest node has {has}"

    def __str__(self) -> str:
        return f"{self.cpus} CPUs and {self.gpus:g} GPUs"
