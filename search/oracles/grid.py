"""Grid search that can be resumed, and goes around what has been tried already."""

from typing import Any

import keras_tuner
from keras_tuner.engine import trial as trial_module
from keras_tuner.src.tuners import gridsearch

from search.space.discovery import complete_trials
from search.space.points import complete


class GridOracle(keras_tuner.oracles.GridSearchOracle):  # type: ignore[misc]
    """Drop-in for `keras_tuner.oracles.GridSearchOracle`, whose state forgets where on the grid it stands.

    A parent that is resumed says that the grid is exhausted; this one goes on with the next combination. Trials that
    others put in take their place on the grid, if they have one, and are not tried again. When a new hyperparameter
    appears, every trial is a start for its other values.
    """

    _populate_next: list[str]

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Return the next combination and its status, as the parent does; the defaults come first."""
        for other in self.trials:
            if other not in self._places and self._on_grid(other):
                self._place(other)
        self._populate_next = [other for other in self._populate_next if other in self._places]
        defaults = complete(self.hyperparameters, {})
        if not self._duplicate(defaults):
            self._relink([trial_id, *self._in_order()])
            self._populate_next.append(trial_id)
            return {"status": trial_module.TrialStatus.RUNNING, "values": defaults}
        response: dict[str, Any] = super().populate_space(trial_id)
        return response

    def update_space(self, hyperparameters: keras_tuner.HyperParameters) -> None:
        """Add new hyperparameters, and go on from every trial to their other values."""
        size = len(self.hyperparameters.space)
        super().update_space(hyperparameters)
        if len(self.hyperparameters.space) > size:
            complete_trials(self)
            self._populate_next = self._in_order()

    def get_state(self) -> dict[str, Any]:
        """Return what `set_state` needs beside the trials, as JSON takes it."""
        state: dict[str, Any] = super().get_state()
        return state | {"grid_order": self._in_order(), "populate_next": list(self._populate_next)}

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue from ``state``."""
        super().set_state(state)
        self._relink(state["grid_order"])
        self._populate_next = list(state["populate_next"])

    @property
    def _places(self) -> Any:
        """The trials that stand on the grid."""
        return self._ordered_ids._data_to_index

    def _place(self, trial_id: str) -> None:
        """Put a trial where it belongs along the grid, and let the grid go on from it."""
        values, order = self._values(trial_id), self._in_order()
        behind = sum(self._compare(self._values(other), values) < 0 for other in order)
        self._relink([*order[:behind], trial_id, *order[behind:]])
        self._populate_next.append(trial_id)

    def _on_grid(self, trial_id: str) -> bool:
        values = self._values(trial_id)
        return all(
            values[one.name] == one.default or values[one.name] in one.values
            for one in self.hyperparameters.space
            if one.name in values
        )

    def _values(self, trial_id: str) -> dict[str, Any]:
        values: dict[str, Any] = self.trials[trial_id].hyperparameters.values
        return values

    def _relink(self, order: list[str]) -> None:
        self._ordered_ids = gridsearch.LinkedList()
        for trial_id in order:
            self._ordered_ids.insert(trial_id)

    def _in_order(self) -> list[str]:
        """Return the trials' ids along the grid."""
        linked: Any = self._ordered_ids
        ids, index = [], linked._next_index[None]
        while index is not None:
            ids.append(linked._memory[index])
            index = linked._next_index[index]
        return ids
