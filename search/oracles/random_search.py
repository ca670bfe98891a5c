"""Random search that tries a small space to its last combination, and what all oracles answer with."""

import random
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TypedDict

import keras_tuner
from keras_tuner.engine.hyperparameters import HyperParameter
from keras_tuner.engine.trial import TrialStatus

from search.oracles.keras_tuner_internals import is_tried, next_seed, random_values
from search.oracles.typed_oracle import TypedOracle
from search.space.declared import active, listed_values
from search.values import Values

_LOOKED_AT = 20_000


class Response(TypedDict):
    """What `keras_tuner.Oracle.populate_space` returns: a `TrialStatus`, and values where that is RUNNING."""

    status: str
    values: Values | None


class RandomOracle(TypedOracle, keras_tuner.oracles.RandomSearchOracle):  # type: ignore[misc]
    """Drop-in for `keras_tuner.oracles.RandomSearchOracle`: the same suggestions, and more where the parent gives up.

    The parent stops after 20 draws that were tried before, with a third of a space of 50 left.
    """

    def populate_space(self, trial_id: str) -> Response:
        """Return untried values and RUNNING; STOPPED when there are none left."""
        return respond(untried_values(self))


def respond(values: Values | None) -> Response:
    """Answer with the next trial's ``values``; None: there will be no more."""
    return {"status": TrialStatus.STOPPED if values is None else TrialStatus.RUNNING, "values": values}


def untried_values(oracle: keras_tuner.Oracle) -> Values | None:
    """Return random active values for ``oracle``'s space that none of its trials has had, None if there are none left.

    Where Keras Tuner's own draw gives up, the first 20,000 combinations are looked at in order. A continuous
    hyperparameter counts as its ten `values`. Of an oracle with a pool one of that is drawn.
    """
    if (pool := untried_of_pool(oracle)) is not None:
        return random.Random(next_seed(oracle)).choice(pool) if pool else None
    drawn = random_values(oracle)
    if drawn is not None:
        return drawn
    combinations = islice(_combinations(oracle.hyperparameters.space, {}), _LOOKED_AT)
    return next((values for values in combinations if not is_tried(oracle, values)), None)


def untried_of_pool(oracle: keras_tuner.Oracle) -> list[Values] | None:
    """Return what is left of the oracle's pool, in its order; None where it has none."""
    pool: Sequence[Values] | None = getattr(oracle, "pool", None)
    return None if pool is None else [dict(values) for values in pool if not is_tried(oracle, values)]


def _combinations(space: Sequence[HyperParameter], values: Values) -> Iterator[Values]:
    """Yield every combination of active values. Parents stand before their children in a Keras Tuner space."""
    if not space:
        yield dict(values)
        return
    first, rest = space[0], space[1:]
    if not active(first, values):
        yield from _combinations(rest, values)
        return
    for value in listed_values(first):
        yield from _combinations(rest, values | {first.name: value})
