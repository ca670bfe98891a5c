"""What our oracles do to a space before they know it, in whatever tuner they are."""

from collections.abc import Sequence

import keras_tuner

from search.space.typed_space import TypedSpace
from search.values import JsonObject, Values


class TypedOracle(keras_tuner.Oracle):  # type: ignore[misc]
    """Base of an oracle whose space is a `TypedSpace`: what it proposes, and what trials declare in a tuner, is typed.

    JSON takes its state and its trials, and a build what it is given.

    Attributes:
        pool: Configurations, each with all its active values, to choose among as the oracle judges them; None: it
            proposes what it likes of its space. `cluster.testing` sets it, as results are known of recorded ones alone.
        follows_epochs: Whether it is told what each epoch of an ended trial gave, as observations of the trial's
            metrics, and not the best one alone. Ten thousands of trials then take much memory.
    """

    pool: Sequence[Values] | None = None
    follows_epochs = False

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.hyperparameters: keras_tuner.HyperParameters = TypedSpace.of(self.get_space())

    def leave_out(self, trial_id: str) -> None:
        """Take away what a trial has changed in the oracle that nothing will be known of; its values stay tried."""

    def set_state(self, state: JsonObject) -> None:
        """Continue from ``state``, which ``get_state`` gave."""
        super().set_state(state)
        self.hyperparameters = TypedSpace.of(self.get_space())
