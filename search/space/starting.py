"""Where a search of the built-in space begins, by the number of images."""

from collections.abc import Mapping
from types import MappingProxyType

from search.values import Value, Values

_FEW_ROWS = 5_000
"""Training rows below which others than the defaults are tried: with 20,681 rare classes repeated cost a third of a
point of accuracy (`tests/benchmarks/RESULTS.md`), and what lies between was not measured."""
_FOR_FEW: Mapping[str, Value] = MappingProxyType({"batch_size": 32, "balance": "oversample"})
"""Twice the steps, and rare classes as often as a quarter of the most frequent one.

On three draws of 500 real galaxies its macro F1 was 0.034 above the defaults' where the most probable class is decided
for, 0.007 where the best exponent for each is; the log loss of both averaged 7 % below (`tests/benchmarks/RESULTS.md`).
"""
_FOR_FEW_QUICKLY: Mapping[str, Value] = MappingProxyType(
    {**_FOR_FEW, "augmentation": 0.5, "dropout": 0.1, "blocks_per_stage": 1}
)
"""What the best recorded configurations have in common, on galaxies and on the sample: half the blocks, less that holds
back. With 2,000 galaxies as good as the one above in 0.55 of its time, with 500 between it and the defaults: before it,
as where time is short more can be made of it."""


def starting_points(rows: int) -> tuple[Values, ...]:
    """Return the values, those that differ from the defaults, that a search of the built-in space tries first."""
    return ({}, dict(_FOR_FEW_QUICKLY), dict(_FOR_FEW)) if rows < _FEW_ROWS else ({},)
