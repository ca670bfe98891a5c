"""A node, as a place for trials."""

from dataclasses import dataclass
from enum import Enum

from cluster.nodes.asking import Node


class State(Enum):
    """Whether a node takes trials."""

    ASKED = "it has not yet said which code it runs"
    TAKES = "it takes trials"
    DRAINS = "it is told to end"
    LEFT_OUT = "it takes none"


@dataclass
class Place:
    """A node and what it is to trials.

    Attributes:
        is_new: It came when the search was running.
        faults: Workers in a row that could not begin a trial there.
    """

    node: Node
    state: State
    is_new: bool
    faults: int = 0
