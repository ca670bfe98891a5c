"""What our oracles do to a space before they know it, in whatever tuner they are."""

import keras_tuner
from keras_tuner.engine.trial import Trial

from search.space.declared import declared_space


class TypedSpace(keras_tuner.Oracle):  # type: ignore[misc]
    """Base of an oracle whose space, defaults included, is of the declared types: see `search.space.declared`.

    So are then the values that it proposes, and JSON takes its state and its trials.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.hyperparameters: keras_tuner.HyperParameters = declared_space(self.get_space())

    def update_space(self, hyperparameters: keras_tuner.HyperParameters) -> None:
        """Add what is new in ``hyperparameters``, as `keras_tuner.Oracle.update_space` does."""
        super().update_space(declared_space(hyperparameters))

    @keras_tuner.synchronized  # type: ignore[untyped-decorator]
    def end_trial(self, trial: Trial) -> None:
        """Take in an ended trial, as `keras_tuner.Oracle.end_trial` does, and what it declared."""
        trial.hyperparameters = declared_space(trial.hyperparameters)
        super().end_trial(trial)
