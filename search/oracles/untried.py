"""Values that no trial has had: drawn while that works, looked for one by one when the space is nearly used up."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras_tuner

from search.space.points import active

Values = dict[str, Any]
_LOOKED_AT = 20_000


def untried_values(oracle: keras_tuner.Oracle) -> Values | None:
    """Return random active values for ``oracle``'s space that none of its trials has had, None if there are none left.

    Keras Tuner's own draw gives up after 20 collisions, with a third of a space of 50 still untried; then the first
    20,000 combinations are looked at in order. A continuous hyperparameter counts as its ten `values`.
    """
    drawn: Values | None = oracle._random_values()
    if drawn is not None:
        return drawn
    return first_untried(oracle.hyperparameters.space, oracle._duplicate)


def first_untried(space: Sequence[Any], tried: Callable[[Values], bool]) -> Values | None:
    """Return the first combination of ``space`` that is not ``tried``, or None."""
    for _, values in zip(range(_LOOKED_AT), _combinations(space, {}), strict=False):
        if not tried(values):
            return values
    return None


def _combinations(space: Sequence[Any], values: Values) -> Iterator[Values]:
    """Yield every combination of active values. Parents stand before their children in a Keras Tuner space."""
    if not space:
        yield dict(values)
        return
    first, rest = space[0], space[1:]
    if not active(first, values):
        yield from _combinations(rest, values)
        return
    for value in first.values:
        yield from _combinations(rest, values | {first.name: value})
