"""What a search's ledger says against what its workers really ran.

Lost: a trial without a record, a record that is gone or was changed, an epoch that nobody trained, a trial that was
trained and is unknown. Repeated: an epoch trained after its checkpoint was written, by the trial or one that it
promotes; two trials that share their hyperparameters, but for a promotion and its parent.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from benchmarks.durability.noted_search import STEPS_PER_EPOCH, Line

from search import Row, TrialState

_CLOCK_SECONDS = 0.05
_ENDS = (TrialState.COMPLETED, TrialState.STOPPED)


def lost(rows: Sequence[Row], lines: Sequence[Line], *, trials: int, earlier: Mapping[str, Row]) -> list[str]:
    """Say what was lost; ``earlier`` are the ended trials seen after each kill."""
    found = [f"{trials - len(rows)} trials"] if len(rows) != trials else []
    found += [
        f"{row.trial_id} is {row.state}" for row in rows if row.state not in (TrialState.COMPLETED, TrialState.STOPPED)
    ]
    now = {row.trial_id: _facts(row) for row in rows}
    found += [f"the record of {trial} changed" for trial, row in earlier.items() if now.get(trial) != _facts(row)]
    for units, chain in _chains(rows).items():
        longest = max(row.epochs for row in chain)
        steps = {line.number for line in lines if line.units == units and line.kind == "step"}
        if steps != set(range(longest * STEPS_PER_EPOCH)):
            found.append(f"{chain[0].trial_id} has {longest} epochs, but its steps were {sorted(steps)}")
    unknown = {line.units for line in lines} - set(_chains(rows))
    return found + [f"units {units} were trained and are in no record" for units in sorted(unknown)]


def repeated(rows: Sequence[Row], lines: Sequence[Line]) -> list[str]:
    """Say what was trained again."""
    found = []
    for units, chain in _chains(rows).items():
        own = [line for line in lines if line.units == units]
        found += [f"{chain[0].trial_id}: {what}" for what in _trained_again(own)]
        found += [f"{row.trial_id}: trained after its record" for row in chain if _trained_after(row, own)]
        if sum(row.parent is None for row in chain) > 1:
            found.append(f"units {units} were suggested {len(chain)} times")
    return found


def _trained_again(lines: Iterable[Line]) -> list[str]:
    """Go through one configuration's lines: an epoch begins where the last checkpoint ends, at its first step."""
    saved, saving, found = 0, 0, []
    for line in lines:
        if line.kind == "saved":
            saved = saving = line.number
        elif line.kind == "saving":
            saving = line.number
        elif not saved <= line.number // STEPS_PER_EPOCH <= saving:
            # A checkpoint whose writer was killed before it could say so may be there, or not.
            found.append(f"step {line.number} was made with the checkpoint of epoch {saved}")
        elif line.number // STEPS_PER_EPOCH > saved:
            saved = line.number // STEPS_PER_EPOCH
    return found


def _trained_after(row: Row, lines: Iterable[Line]) -> bool:
    ended = datetime.fromisoformat(row.ended or "").timestamp() + _CLOCK_SECONDS
    steps = row.epochs * STEPS_PER_EPOCH
    return any(line.kind == "step" and line.number < steps and line.when > ended for line in lines)


def _chains(rows: Iterable[Row]) -> dict[int, list[Row]]:
    """Gather the trials of one configuration: a promotion has its parent's."""
    chains: dict[int, list[Row]] = {}
    for row in rows:
        chains.setdefault(int(row.hyperparameters["units"]), []).append(row)
    return chains


def _facts(row: Row) -> dict[str, object]:
    return row.model_dump(exclude={"rank"})
