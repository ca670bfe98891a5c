"""Specifications and records as a search leaves them."""

from search import Record, SearchSettings, SearchSpecification, TrialState


def specification(settings: SearchSettings, **changes: object) -> SearchSpecification:
    """Make the specification of a search of a dataset that lies nowhere."""
    known = {"dataset": "/data/gz.galaxy", "fingerprint": "f" * 64, "classes": ("edge-on", "spiral")}
    known |= {"image_shape": (64, 64, 3), "objective_name": "val_macro_f1", "objective_direction": "max"}
    known |= {"format": "galaxy-tuner-search/1", "created": "2026-01-01T00:00:00.000+00:00", "versions": {}}
    return SearchSpecification.model_validate(known | {"settings": settings} | changes)


def ended(trial_id: str, score: float | None, **changes: object) -> Record:
    """Make the record of an ended trial."""
    state = TrialState.COMPLETED if score is not None else TrialState.INFEASIBLE
    known = {"trial_id": trial_id, "state": state, "hyperparameters": {}, "score": score, "epochs": 9, "best_epoch": 3}
    return Record.model_validate(known | {"ended": f"2026-01-01T00:00:0{trial_id[-1]}.000+00:00"} | changes)
