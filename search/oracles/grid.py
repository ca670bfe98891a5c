"""Grid search that can be resumed."""

from typing import Any

import keras_tuner
from keras_tuner.src.tuners import gridsearch


class GridOracle(keras_tuner.oracles.GridSearchOracle):  # type: ignore[misc]
    """Drop-in for `keras_tuner.oracles.GridSearchOracle`, whose state forgets where on the grid it stands.

    A parent that is resumed says that the grid is exhausted; this one goes on with the next combination.
    """

    def get_state(self) -> dict[str, Any]:
        """Return what `set_state` needs beside the trials, as JSON takes it."""
        state: dict[str, Any] = super().get_state()
        return state | {"grid_order": self._in_order(), "populate_next": list(self._populate_next)}

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue from ``state``."""
        super().set_state(state)
        self._ordered_ids = gridsearch.LinkedList()
        for trial_id in state["grid_order"]:
            self._ordered_ids.insert(trial_id)
        self._populate_next = list(state["populate_next"])

    def take_in(self, trial: Any) -> None:
        """Put a trial in its place that was suggested after the state that `set_state` was given."""
        # From the same state the same combination follows, and with it the trial's place on the grid.
        self.populate_space(trial.trial_id)

    def _in_order(self) -> list[str]:
        """Return the trials' ids along the grid."""
        linked: Any = self._ordered_ids
        ids, index = [], linked._next_index[None]
        while index is not None:
            ids.append(linked._memory[index])
            index = linked._next_index[index]
        return ids
