"""What a search on hosts came to: trials lost, repeated and falsely failed, and what its user saw."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.hosts.cluster import STEPS_PER_EPOCH
from benchmarks.hosts.searching import Note, Search

MOST_LINES = 3


@dataclass
class Outcome:
    """What a scenario came to.

    Attributes:
        trials: How many trials the search recorded.
        lost, repeated, failed: What was, in words; each is to be empty.
        seconds: From the end of the fault, or from its beginning where it has no end, until a trial went on where it
            was hit; None where nothing was to go on.
        lines: What the user saw of it.
        note: What else is worth knowing.
        wrong: What else is not as it should be.
    """

    trials: int = 0
    lost: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    seconds: float | None = None
    lines: list[str] = field(default_factory=list)
    note: str = ""
    wrong: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """All that is not as it should be."""
        too_many = [f"{len(self.lines)} lines, the last {self.lines[-1]}"] if len(self.lines) > MOST_LINES else []
        for_ever = ["did not go on"] if self.seconds == float("inf") else []
        return [*self.lost, *self.repeated, *self.failed, *self.wrong, *too_many, *for_ever]


def judge(search: Search, *, seconds: float | None = None, state: str = "finished") -> Outcome:
    """Compare what the ledger says with what workers noted, when the search has ended in a state."""
    document = search.leaderboard()
    trials, notes = document["trials"], search.notes()
    outcome = Outcome(trials=len(trials), seconds=seconds, lines=search.lines())
    outcome.lost = lost(trials, notes, search.trials if state == "finished" else 0)
    outcome.repeated = repeated(trials, notes)
    outcome.failed = [f"{one['trial_id']} {one['state']}: {one['reason']}" for one in trials if _is_failed(one)]
    if search.command.status() != {"finished": 0, "stopped": 130}[state]:
        outcome.wrong.append(f"exit status {search.command.status()}: {search.command.errors()[-300:]}")
    if document["state"] != state:
        outcome.wrong.append(f"the search is {document['state']}")
    return outcome


def lost(trials: Sequence[dict[str, Any]], notes: Iterable[Note], wanted: int) -> list[str]:
    """Say what was lost: trials that are not there or not to their end, epochs that no worker trained."""
    found = [f"{wanted - len(trials)} trials are not there"] if len(trials) < wanted else []
    steps: dict[int, set[int]] = {}
    for note in notes:
        if note.kind == "step":
            steps.setdefault(note.units, set()).add(note.number)
    for trial in trials:
        if trial["state"] in ("pending", "running"):
            found.append(f"{trial['trial_id']} is {trial['state']}")
        made = steps.get(trial["hyperparameters"].get("units", -1), set())
        # One that was stopped may have begun another epoch.
        more = made - set(range(trial["epochs"] * STEPS_PER_EPOCH)) if trial["state"] == "stopped" else set()
        if not _is_failed(trial) and made - more != set(range(trial["epochs"] * STEPS_PER_EPOCH)):
            found.append(f"{trial['trial_id']} has {trial['epochs']} epochs, but its steps were {sorted(made)}")
    known = {trial["hyperparameters"].get("units") for trial in trials}
    return found + [f"units {units} were trained and are in no record" for units in sorted(steps.keys() - known)]


def repeated(trials: Sequence[dict[str, Any]], notes: Sequence[Note]) -> list[str]:
    """Say what was trained again: an epoch whose checkpoint was there when a worker began, or a configuration."""
    units = [trial["hyperparameters"].get("units") for trial in trials]
    found = [
        f"units {one} were suggested {units.count(one)} times" for one in sorted(set(units)) if units.count(one) > 1
    ]
    by_units: dict[int, list[Note]] = {}
    for note in notes:
        by_units.setdefault(note.units, []).append(note)
    for one, own in by_units.items():
        saved, working = 0, ("", 0)
        workers: set[tuple[str, int]] = set()
        for note in own:
            working = (note.host, note.pid)
            if note.kind == "saved":
                saved = max(saved, note.number)
            elif working not in workers:  # a worker that was cut off may go on beside the next one, and is not heard
                workers.add(working)
                if note.number // STEPS_PER_EPOCH < saved:
                    found.append(f"units {one}: {note.host} began at step {note.number} with {saved} epochs saved")
    return found


def _is_failed(trial: dict[str, Any]) -> bool:
    return trial["state"] in ("failed", "infeasible")
