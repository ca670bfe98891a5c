"""Grid search that can be resumed, and goes around what has been tried already."""

from collections import Counter

import keras_tuner

from datasets import few
from search.errors import SpaceError
from search.oracles.keras_tuner_internals import OpenGridOracle, is_tried
from search.oracles.random_search import Response, respond
from search.oracles.space_updates import complete_trials, is_outside
from search.oracles.typed_oracle import TypedOracle
from search.space.declared import declared_values
from search.space.points import complete
from search.values import JsonObject, Values


class GridOracle(TypedOracle, OpenGridOracle):
    """Drop-in for `keras_tuner.oracles.GridSearchOracle`, whose state forgets where on the grid it stands.

    A parent that is resumed says that the grid is exhausted; this one goes on with the next combination. Trials that
    others put in take their place on the grid, if they have one, and are not tried again. A hyperparameter that a trial
    meets is varied from that trial on, as in the parent: those that ended before never declared it.
    """

    def populate_space(self, trial_id: str) -> Response:
        """Return the next combination and its status, as the parent does; the defaults come first."""
        self._check_names()
        for other in self.trials:
            if other not in self.order and not is_outside(self.trials[other]) and self._on_grid(other):
                self._place(other)
        self.starts[:] = [other for other in self.starts if other in self.order]
        defaults = complete(self.hyperparameters, {})
        if not is_tried(self, defaults):
            self.order.insert(0, trial_id)
            self.starts.append(trial_id)
            return respond(defaults)
        response: Response = super().populate_space(trial_id)
        if response["values"] is None:
            return response
        return respond(declared_values(self.hyperparameters, response["values"]))

    def update_space(self, hyperparameters: keras_tuner.HyperParameters) -> None:
        """Add new hyperparameters; the trials so far have their defaults."""
        size = len(self.hyperparameters.space)
        super().update_space(hyperparameters)
        if len(self.hyperparameters.space) > size:
            complete_trials(self)

    def leave_places(self) -> None:
        """Forget where on the grid the trials stand, as the grid is another one: they are placed again."""
        self.order.clear()
        self.starts.clear()

    def get_state(self) -> JsonObject:
        """Return what `set_state` needs beside the trials, as JSON takes it."""
        state: JsonObject = super().get_state()
        return state | {"grid_order": list(self.order), "populate_next": list(self.starts)}

    def set_state(self, state: JsonObject) -> None:
        """Continue from ``state``."""
        super().set_state(state)
        self.order[:], self.starts[:] = state["grid_order"], state["populate_next"]

    def _check_names(self) -> None:
        """Raise SpaceError where one name has several declarations: a grid goes by names."""
        names = Counter(one.name for one in self.hyperparameters.space)
        if several := [name for name, count in names.items() if count > 1]:
            raise SpaceError(
                f"--oracle grid: {few(several)} {'is' if len(several) == 1 else 'are'} declared more than once, under "
                "several conditions: give each declaration its own name, or take another oracle"
            )

    def _place(self, trial_id: str) -> None:
        """Put a trial where it belongs along the grid, and let the grid go on from it."""
        values = self._values(trial_id)
        self.order.insert(sum(self.compare(self._values(other), values) < 0 for other in self.order), trial_id)
        self.starts.append(trial_id)

    def _on_grid(self, trial_id: str) -> bool:
        values = self._values(trial_id)
        return all(
            values[one.name] == one.default or values[one.name] in one.values
            for one in self.hyperparameters.space
            if one.name in values
        )

    def _values(self, trial_id: str) -> Values:
        values: Values = self.trials[trial_id].hyperparameters.values
        return values
