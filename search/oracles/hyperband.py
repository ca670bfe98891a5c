"""Hyperband whose brackets survive failed trials, small spaces and kills."""

from typing import Any

import keras_tuner
from keras_tuner.engine import trial as trial_module

from search.oracles.untried import Values, untried_values

_Status = trial_module.TrialStatus
Bracket = dict[str, Any]
Answer = dict[str, Any]


class HyperbandOracle(keras_tuner.oracles.HyperbandOracle):  # type: ignore[misc]
    """Drop-in for `keras_tuner.oracles.HyperbandOracle`: the same suggestions where no trial fails.

    The parent promotes nothing from a round in which too many trials fail, nor from one that a small space cannot fill.
    Here a failed trial counts as the worst of its round, and a space is tried to its last combination, from which the
    best are promoted. ``tuner/bracket`` is the bracket a trial belongs to, also for a promotion.

    A promotion's values hold ``tuner/trial_id``, its parent's id: it goes on from there, from ``tuner/initial_epoch``
    to ``tuner/epochs`` (counted from the root's first epoch).
    """

    def populate_space(self, trial_id: str) -> Answer:
        """Return the next values and RUNNING; IDLE while running trials decide what comes; else STOPPED."""
        self._remove_completed_brackets()
        exhausted = False
        for bracket in self._brackets:
            if not exhausted and len(bracket["rounds"][0]) < self._size(bracket, 0):
                values = untried_values(self)
                if values is not None:
                    return self._begin(trial_id, bracket, values)
                exhausted = True
            promoted = self._promote(trial_id, bracket, exhausted=exhausted)
            if promoted is not None:
                return promoted
        if not exhausted and self._open_bracket():
            return self.populate_space(trial_id)
        return {"status": _Status.IDLE if self.ongoing_trials else _Status.STOPPED, "values": None}

    def may_promote(self, trial_id: str) -> bool:
        """Whether a trial may yet be asked to go on: what it trained is to be kept."""
        for bracket in self._brackets:
            for number, (here, following) in enumerate(_neighbours(bracket), start=1):
                if trial_id in _ids(here):
                    open_places = len(following) < self._final_size(bracket, number, exhausted=False)
                    return open_places and trial_id not in _parents(following) and not self._failed(trial_id)
        return False

    def take_in(self, trial: Any) -> None:
        """Put a trial in its bracket that was suggested after the state that `set_state` was given."""
        values = trial.hyperparameters.values
        parent, number = values.get("tuner/trial_id"), values["tuner/round"]
        entry = {"past_id": parent, "id": trial.trial_id}
        if parent is not None:
            home = next(b for b in self._brackets if parent in _ids(b["rounds"][number - 1]))
        else:
            while self._current_bracket != values["tuner/bracket"] and self._open_bracket():
                pass
            home = self._brackets[-1]
        home["rounds"][number].append(entry)

    def _open_bracket(self) -> bool:
        """Begin the next bracket; False if there are no more."""
        if self._current_bracket == 0 and self._current_iteration + 1 >= self.hyperband_iterations:
            return False
        self._increment_bracket_num()
        self._start_new_bracket()
        return True

    def _begin(self, trial_id: str, bracket: Bracket, values: Values) -> Answer:
        bracket["rounds"][0].append({"past_id": None, "id": trial_id})
        return self._answer(bracket, 0, values, initial_epoch=0)

    def _promote(self, trial_id: str, bracket: Bracket, *, exhausted: bool) -> Answer | None:
        """Promote the best trial of a round as soon as it is sure to be among those that go on."""
        for number, (past, here) in enumerate(_neighbours(bracket), start=1):
            waiting = [self.trials[one] for one in _ids(past) if one not in _parents(here)]
            candidates = [trial for trial in waiting if trial.status == _Status.COMPLETED]
            ended = len(candidates) + sum(trial.status == _Status.FAILED for trial in waiting)
            left_out = self._final_size(bracket, number - 1, exhausted=exhausted) - self._final_size(
                bracket, number, exhausted=exhausted
            )
            if candidates and ended > left_out:
                return self._go_on(trial_id, bracket, number, self._best(candidates))
        return None

    def _go_on(self, trial_id: str, bracket: Bracket, number: int, parent: Any) -> Answer:
        bracket["rounds"][number].append({"past_id": parent.trial_id, "id": trial_id})
        values = {**parent.hyperparameters.values, "tuner/trial_id": parent.trial_id}
        initial = self._get_epochs(bracket["bracket_num"], number - 1)
        return self._answer(bracket, number, values, initial_epoch=initial)

    def _answer(self, bracket: Bracket, number: int, values: Values, *, initial_epoch: int) -> Answer:
        schedule = {
            "tuner/epochs": self._get_epochs(bracket["bracket_num"], number),
            "tuner/initial_epoch": initial_epoch,
            "tuner/bracket": bracket["bracket_num"],
            "tuner/round": number,
        }
        return {"status": _Status.RUNNING, "values": {**values, **schedule}}

    def _best(self, trials: list[Any]) -> Any:
        # The first of equals, as in the parent's stable sort.
        chosen = max if self.objective.direction == "max" else min
        return chosen(trials, key=lambda trial: trial.score)

    def _size(self, bracket: Bracket, number: int) -> int:
        planned: int = self._get_size(bracket["bracket_num"], number)
        return planned

    def _final_size(self, bracket: Bracket, number: int, *, exhausted: bool) -> int:
        """Return how many trials a round will have, as far as is known: no more than the one before can give."""
        if number == 0:
            return len(bracket["rounds"][0]) if exhausted else self._size(bracket, 0)
        before = self._final_size(bracket, number - 1, exhausted=exhausted)
        failed = sum(self._failed(one) for one in _ids(bracket["rounds"][number - 1]))
        return min(self._size(bracket, number), before - failed)

    def _failed(self, trial_id: str) -> bool:
        return bool(self.trials[trial_id].status == _Status.FAILED)


def _neighbours(bracket: Bracket) -> Any:
    """Yield each round with the one that its best go on to."""
    return zip(bracket["rounds"], bracket["rounds"][1:], strict=False)


def _ids(entries: list[dict[str, Any]]) -> list[str]:
    return [entry["id"] for entry in entries]


def _parents(entries: list[dict[str, Any]]) -> list[str]:
    return [entry["past_id"] for entry in entries]
