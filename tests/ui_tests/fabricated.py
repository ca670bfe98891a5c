"""Trials and searches as a real search leaves them, without training anything."""

from collections.abc import Sequence
from typing import Any

from search_tests import examples

from datasets import open_folder
from search import (
    DEFAULTS,
    EndedBeginning,
    Finalist,
    Finals,
    Ledger,
    Record,
    Row,
    SearchLayout,
    SearchSettings,
    SearchSpecification,
    SearchState,
    SearchView,
    TrialState,
    WorthFigures,
    create_search,
    leaderboard,
)
from trainer import Objective
from ui.predictions.prediction import Prediction
from ui.predictions.tally import Tally

F1 = Objective("val_macro_f1", "max")


def specification(name: str = "first", **settings: Any) -> SearchSpecification:
    return examples.specification(
        SearchSettings(name=name, **({"trials": 6, "epochs": 4} | settings)),
        dataset="/data/galaxies",
        fingerprint="0" * 64,
        classes=("cigar-shaped smooth", "spiral"),
        created="2026-01-02T03:00:00.000+00:00",
    )


def record(number: int, *, scores: Sequence[float], state: TrialState = TrialState.COMPLETED, **changes: Any) -> Record:
    """Make a trial whose validation F1 runs through ``scores``; it ended ``number`` + 5 minutes past three."""
    best = max(range(len(scores)), key=lambda epoch: scores[epoch]) if scores else None
    history = {"loss": [1 - s / 2 for s in scores], "val_loss": [1.5 - s for s in scores], F1.name: list(scores)}
    values: dict[str, Any] = {
        "trial_id": f"{number:04d}",
        "state": state,
        "hyperparameters": {"blocks": 2 + number % 3, "learning_rate": 0.001 * number, "optimizer": "adamw"},
        "score": None if best is None else scores[best],
        "epochs": len(scores),
        "best_epoch": None if best is None else best + 1,
        "metrics": {} if best is None else {metric: series[best] for metric, series in history.items()},
        "history": history if scores else {},
        "seconds": 10.0 * number,
        "started": f"2026-01-02T03:{number:02d}:00.000+00:00",
        "ended": f"2026-01-02T03:{number + 5:02d}:00.000+00:00" if state.is_ended() else None,
    }
    return Record.model_validate(values | changes)


RECORDS = (
    record(1, scores=[0.5, 0.75, 0.8125]),
    record(2, scores=[0.25, 0.9375, 0.875]),
    record(3, scores=[0.3125], state=TrialState.STOPPED),
    record(4, scores=[], state=TrialState.INFEASIBLE, reason="ValueError: the image is too small for 6 blocks"),
    record(5, scores=[0.5, 0.625], state=TrialState.RUNNING),
)


SENTENCE = "better than the space's defaults by 0.02 macro F1 (95 %: −0.01 to 0.05; 2 beginnings)"


def finals() -> Finals:
    """Finalists of `RECORDS`: the second-ranked trial was chosen; no trial has had the space's defaults."""
    scores = {DEFAULTS: [0.75, 0.73], "0002": [0.7, 0.65], "0001": [0.8, 0.76]}
    made = tuple(
        Finalist(
            trial_id=name,
            hyperparameters={"blocks": 7} if name == DEFAULTS else {},
            is_defaults=name == DEFAULTS,
            beginnings=tuple(
                EndedBeginning(number=number, seed=number, score=score, seconds=9.0)
                for number, score in enumerate(each, 1)
            ),
        )
        for name, each in scores.items()
    )
    worth = WorthFigures(gain=0.02, low=-0.01, high=0.05, beginnings=2, sentence=SENTENCE)
    return Finals(epochs=4, planned=2, finalists=made, chosen="0001", worth=worth)


def rows(records: Sequence[Record] = RECORDS) -> tuple[Row, ...]:
    return leaderboard(records, F1)


def view(records: Sequence[Record] = RECORDS, *, state: SearchState = SearchState.RUNNING) -> SearchView:
    return SearchView.of(specification(), state, records)


def write_search(
    storage: str,
    name: str,
    records: Sequence[Record] = RECORDS,
    *,
    state: SearchState = SearchState.FINISHED,
    created: str | None = None,
    **settings: Any,
) -> SearchLayout:
    layout = SearchLayout(open_folder(storage).child(name))
    made = specification(name, **settings)
    create_search(layout, made if created is None else made.model_copy(update={"created": created}))
    ledger = Ledger(layout)
    ledger.write_state(state)
    for found in records:
        (ledger.write_record if found.state.is_ended() else ledger.write_progress)(found)
    return layout


def tally(*predictions: Prediction) -> Tally:
    made = Tally()
    for prediction in predictions:
        made.add(prediction)
    return made
