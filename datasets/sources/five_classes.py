"""Five classes of galaxies from the answers of Galaxy Zoo 2's volunteers.

The classes are those of Zhu et al. 2019 (arXiv:1807.10406, table 1); the thresholds are those that Willett et al. 2013
(MNRAS 435, 2835, table 3) recommend for well-sampled galaxies. The rules are tried in this order and the first that is
met decides; ``f`` is the fraction of votes for an answer:

======================  ==========================================================================
class                   rule
======================  ==========================================================================
completely round smooth f(smooth) ≥ 0.469 and f(completely round) ≥ 0.50
in-between smooth       f(smooth) ≥ 0.469 and f(in between) ≥ 0.50
cigar-shaped smooth     f(smooth) ≥ 0.469 and f(cigar-shaped) ≥ 0.50
edge-on                 f(features or disk) ≥ 0.430 and f(edge-on) ≥ 0.602
spiral                  f(features or disk) ≥ 0.430 and f(not edge-on) ≥ 0.715 and f(spiral) ≥ 0.619
======================  ==========================================================================

A galaxy that meets none is left out.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from datasets.classes import ordered

Fractions = Mapping["Answer", npt.NDArray[np.float64]]


class Answer(StrEnum):
    """The answers that decide."""

    SMOOTH = "smooth"
    FEATURES = "features or disk"
    EDGE_ON = "edge-on"
    NOT_EDGE_ON = "not edge-on"
    SPIRAL = "spiral"
    ROUND = "completely round"
    IN_BETWEEN = "in between"
    CIGAR = "cigar-shaped"


_SMOOTH = (Answer.SMOOTH, 0.469)
_FEATURES = (Answer.FEATURES, 0.430)
RULES: tuple[tuple[str, Sequence[tuple[Answer, float]]], ...] = (
    ("completely round smooth", (_SMOOTH, (Answer.ROUND, 0.50))),
    ("in-between smooth", (_SMOOTH, (Answer.IN_BETWEEN, 0.50))),
    ("cigar-shaped smooth", (_SMOOTH, (Answer.CIGAR, 0.50))),
    ("edge-on", (_FEATURES, (Answer.EDGE_ON, 0.602))),
    ("spiral", (_FEATURES, (Answer.NOT_EDGE_ON, 0.715), (Answer.SPIRAL, 0.619))),
)
CLASSES = ordered(name for name, _ in RULES)


def five_classes(fractions: Fractions) -> npt.NDArray[np.int64]:
    """Return the class of each galaxy: int64, (n,), an index into CLASSES, -1 where no rule is met.

    ``fractions`` are arrays (n,) in 0–1 by answer; where there is none (NaN), no rule that needs it is met.
    """
    met = [np.logical_and.reduce([fractions[answer] >= least for answer, least in rule]) for _, rule in RULES]
    return np.select(met, [np.int64(CLASSES.index(name)) for name, _ in RULES], default=np.int64(-1))
