"""How far the finals are: what whoever watches them is told about once a second."""

from collections.abc import Mapping
from dataclasses import dataclass

from search.finals.coming import Which
from search.ledger.finals import Finals
from trainer import Objective


@dataclass(frozen=True)
class FinalsStanding:
    """The finals of the search called ``name``.

    Attributes:
        under_way: Beginnings that are being trained → the share of their batches that is done, 0–1.
        left: Seconds that are left; infinity without a limit.
        is_last_step: Whether nothing is trained any more and the last bundle is written.
    """

    name: str
    objective: Objective
    finals: Finals
    under_way: Mapping[Which, float]
    left: float
    is_last_step: bool = False
