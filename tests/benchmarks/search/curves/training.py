"""One training, recorded: what each epoch scored and cost, and at some epochs the score on thousands of other images.

    python -m benchmarks.search.curves.training DATASET VALUES BEGINNING NUMBER EPOCHS FOLDER

VALUES are those of the NUMBER-th configuration, as JSON. It goes on where it was. Its CPU seconds are noted, not those
of the clock, on one thread: other work on the machine makes neither scores nor seconds other ones.
"""

import json
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from datasets import Dataset, Split, open_folder
from search import Builder, GalaxyHyperModel, training_options
from trainer import InfeasibleError, Objective, TrainingRun, limit_threads
from trainer.answering.decision import decided_across_folds, folds_of, training_shares
from trainer.answering.predicting import predict
from trainer.estimating.macro_f1 import count, macro_f1
from trainer.fitting.epoch import split_batches

EPOCHS = 20
STEADY = "val_macro_f1_steady"
"""The default objective. Trainings that have it recorded are validated with measured moments, others are not."""
SCORES = (STEADY, "val_macro_f1_decided", "val_macro_f1_soft", "val_macro_f1", "val_accuracy", "val_loss")
OBJECTIVE = Objective.parse("val_macro_f1_decided")
_DIGITS = 4
_NOTES = "notes.json"


@dataclass
class Notes:
    """What is known of a training: see `recorded`. ``reason`` is why it ended early, as a configuration may."""

    seconds: list[float] = field(default_factory=list)
    truth: dict[str, dict[str, float]] = field(default_factory=dict)
    parameters: int = 0
    scores: dict[str, list[float]] = field(default_factory=dict)
    reason: str | None = None
    is_over: bool = False


def recorded(work: Path) -> Notes | None:
    """Return what is known of the training in a folder; None where nothing is."""
    path = work / _NOTES
    return Notes(**json.loads(path.read_text())) if path.exists() else None


def record(dataset: Dataset, values: Mapping[str, Any], *, seed: int, work: Path, epochs: int = EPOCHS) -> Notes:
    """Train, or what is missing of it, and note each epoch; the truth at two rungs and at the end."""
    folder, notes = open_folder(work), recorded(work)
    if notes is None or (notes.scores and not notes.scores.keys() >= set(SCORES)):
        shutil.rmtree(work, ignore_errors=True)  # before there was one of the scores
        notes = Notes()
    hypermodel = GalaxyHyperModel(input_shape=dataset.image_shape, num_classes=len(dataset.classes))
    build, options = Builder(hypermodel, values), training_options(values, epochs=epochs)
    truths = (round(epochs / 4), round(epochs * 3 / 4), epochs)
    try:
        run = TrainingRun(build, dataset, options, objective=OBJECTIVE, seed=seed, checkpoints=folder)
        notes.parameters = int(run.model.count_params())
        while True:
            if run.epoch in truths and str(run.epoch) not in notes.truth:
                notes.truth[str(run.epoch)] = _truth(run, dataset)
                folder.write_whole(_NOTES, json.dumps(asdict(notes)).encode())
            if run.finished:
                break
            began = time.process_time()
            run.step()
            # An epoch whose notes were lost with the process has the next one's seconds.
            seconds = round(time.process_time() - began, 2)
            notes.seconds += [seconds] * (run.epoch - len(notes.seconds))
            notes.scores = {name: [round(value, _DIGITS) for value in run.history[name]] for name in SCORES}
            folder.write_whole(_NOTES, json.dumps(asdict(notes)).encode())
    except InfeasibleError as error:
        notes.reason = str(error)
    notes.is_over = True
    folder.write_whole(_NOTES, json.dumps(asdict(notes)).encode())
    return notes


def _truth(run: TrainingRun, dataset: Dataset) -> dict[str, float]:
    """Score the network as it was last validated on the test rows, by the metrics that an epoch has."""
    rows, ids = dataset.rows(Split.TEST), dataset.ids
    true, probabilities = predict(run.last_model(), split_batches(dataset, Split.TEST), logits=run.predicts_logits)
    folds = folds_of([ids[row] for row in rows.tolist()])
    decided = decided_across_folds(true, probabilities, folds=folds, shares=training_shares(dataset))
    probable = probabilities.argmax(axis=1)
    own = np.clip(probabilities[np.arange(len(true)), true], 1e-7, 1)
    scores = {
        "macro_f1_decided": float(macro_f1(count(true, decided, len(dataset.classes)))),
        "macro_f1": float(macro_f1(count(true, probable, len(dataset.classes)))),
        "accuracy": float((probable == true).mean()),
        "loss": float(-np.log(own).mean()),
    }
    return {name: round(value, _DIGITS) for name, value in scores.items()}


def main() -> None:
    dataset, values, beginning, number, epochs, work = sys.argv[1:]
    limit_threads(1)
    opened = Dataset.open(dataset).divided(int(beginning))
    seed = 1 + 2 * int(number) + int(beginning)
    record(opened, json.loads(values), seed=seed, work=Path(work), epochs=int(epochs))


if __name__ == "__main__":
    main()
