"""Records as a search leaves them."""

from search import Record, TrialState


def ended(trial_id: str, score: float | None, **changes: object) -> Record:
    """Make the record of an ended trial."""
    state = TrialState.COMPLETED if score is not None else TrialState.INFEASIBLE
    known = {"trial_id": trial_id, "state": state, "hyperparameters": {}, "score": score, "epochs": 9, "best_epoch": 3}
    return Record.model_validate(known | {"ended": f"2026-01-01T00:00:0{trial_id[-1]}.000+00:00"} | changes)
