"""The defaults of a search's space, as it is known by now."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from search.ledger.ledger import Ledger
from search.space.discovery import as_space, discover
from search.space.points import complete, fitted
from search.values import Values

if TYPE_CHECKING:  # it imports Keras, which is told what to be by `search.space`
    import keras_tuner


def known_defaults(
    ledger: Ledger, hypermodel: Callable[[], "keras_tuner.HyperModel"], *, seed: int
) -> tuple[Values, Callable[[Values], Values]]:
    """Return the defaults in full, and what completes the values of any trial, so that equal ones are equal.

    The ledger keeps the space; ``hypermodel`` is called, and built, only where that is not there. Values that are not
    in the space, as it was edited, are left as they are.
    """
    known = ledger.space()
    space = discover(hypermodel(), seed=seed) if known is None else as_space(known.hyperparameters)

    def completed(values: Values) -> Values:
        found = fitted(space, values)
        return values if found is None else found

    return complete(space, {}), completed
