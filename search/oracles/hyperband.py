"""Hyperband whose brackets survive failed trials, small spaces and kills."""

from itertools import pairwise

from keras_tuner.engine.trial import Trial, TrialStatus

from search.oracles.keras_tuner_internals import Bracket, Entry, OpenHyperbandOracle
from search.oracles.random_search import Response, respond, untried_values
from search.oracles.typed_oracle import TypedOracle
from search.values import Values


class HyperbandOracle(TypedOracle, OpenHyperbandOracle):
    """Drop-in for `keras_tuner.oracles.HyperbandOracle`: the same suggestions where no trial fails.

    The parent promotes nothing from a round in which too many trials fail, nor from one that a small space cannot fill.
    Here a failed trial counts as the worst of its round, and a space is tried to its last combination, from which the
    best are promoted. One that the time has cut before it had a score leaves its place in an open bracket to another.
    ``tuner/bracket`` is the bracket a trial belongs to, also for a promotion.

    A promotion's values hold ``tuner/trial_id``, its parent's id: it goes on from there, from ``tuner/initial_epoch``
    to ``tuner/epochs`` (counted from the root's first epoch).
    """

    def populate_space(self, trial_id: str) -> Response:
        """Return the next values and RUNNING; IDLE while running trials decide what comes; else STOPPED."""
        self.drop_completed_brackets()
        exhausted = False
        for bracket in self.brackets:
            if not exhausted and len(bracket["rounds"][0]) < self.planned_size(bracket, 0):
                values = untried_values(self)
                if values is not None:
                    return self._add(trial_id, bracket, 0, values)
                exhausted = True
            promoted = self._promote(trial_id, bracket, exhausted=exhausted)
            if promoted is not None:
                return promoted
        if not exhausted and self.open_bracket():
            return self.populate_space(trial_id)
        return {"status": TrialStatus.IDLE if self.ongoing_trials else TrialStatus.STOPPED, "values": None}

    def may_promote(self, trial_id: str) -> bool:
        """Whether a trial may yet be asked to go on: what it trained is to be kept."""
        for bracket in self.brackets:
            for number, (here, following) in enumerate(pairwise(bracket["rounds"]), start=1):
                if trial_id in _ids(here):
                    open_places = len(following) < self._final_size(bracket, number, exhausted=False)
                    return open_places and trial_id not in _parents(following) and not self._failed(trial_id)
        return False

    def restore(self, trial: Trial) -> None:
        """Put ``trial``, which is newer than the state that `set_state` was given, in its bracket."""
        values = trial.hyperparameters.values
        parent, number = values.get("tuner/trial_id"), values["tuner/round"]
        entry: Entry = {"past_id": parent, "id": trial.trial_id}
        if parent is not None:
            home = next(b for b in self.brackets if parent in _ids(b["rounds"][number - 1]))
        else:
            while self.open_bracket(unless=values["tuner/bracket"]):
                pass
            home = self.brackets[-1]
        home["rounds"][number].append(entry)

    def leave_out(self, trial_id: str) -> None:
        """Give the place of a trial that nothing will be known of to another one; its parent may be promoted again."""
        for bracket in self.brackets:
            for entries in bracket["rounds"]:
                entries[:] = [entry for entry in entries if entry["id"] != trial_id]

    def _promote(self, trial_id: str, bracket: Bracket, *, exhausted: bool) -> Response | None:
        """Promote the best trial of a round as soon as it is sure to be among those that go on."""
        for number, (past, here) in enumerate(pairwise(bracket["rounds"]), start=1):
            waiting = [self.trials[one] for one in _ids(past) if one not in _parents(here)]
            candidates = [trial for trial in waiting if trial.status == TrialStatus.COMPLETED]
            ended = len(candidates) + sum(trial.status == TrialStatus.FAILED for trial in waiting)
            before, after = (self._final_size(bracket, n, exhausted=exhausted) for n in (number - 1, number))
            if candidates and ended > before - after:
                best = self._best(candidates)
                values = {**best.hyperparameters.values, "tuner/trial_id": best.trial_id}
                return self._add(trial_id, bracket, number, values, parent=best.trial_id)
        return None

    def _add(
        self, trial_id: str, bracket: Bracket, number: int, values: Values, *, parent: str | None = None
    ) -> Response:
        """Put a new trial in round ``number``, and let it train for as long as that round does."""
        bracket["rounds"][number].append({"past_id": parent, "id": trial_id})
        schedule = {
            "tuner/epochs": self.epochs(bracket, number),
            "tuner/initial_epoch": self.epochs(bracket, number - 1) if number else 0,
            "tuner/bracket": bracket["bracket_num"],
            "tuner/round": number,
        }
        return respond({**values, **schedule})

    def _best(self, trials: list[Trial]) -> Trial:
        # The first of equals, as in the parent's stable sort.
        chosen = max if self.objective.direction == "max" else min
        return chosen(trials, key=lambda trial: trial.score)

    def _final_size(self, bracket: Bracket, number: int, *, exhausted: bool) -> int:
        """Return how many trials a round will have, as far as is known: no more than the one before can give."""
        if number == 0:
            return len(bracket["rounds"][0]) if exhausted else self.planned_size(bracket, 0)
        before = self._final_size(bracket, number - 1, exhausted=exhausted)
        failed = sum(self._failed(one) for one in _ids(bracket["rounds"][number - 1]))
        return min(self.planned_size(bracket, number), before - failed)

    def _failed(self, trial_id: str) -> bool:
        return bool(self.trials[trial_id].status == TrialStatus.FAILED)


def _ids(entries: list[Entry]) -> list[str]:
    return [entry["id"] for entry in entries]


def _parents(entries: list[Entry]) -> list[str | None]:
    return [entry["past_id"] for entry in entries]
