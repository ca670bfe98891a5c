"""What each part of the built-in space's defaults is worth: the defaults, and the defaults with one thing changed.

Run from the repository's root: ``python tests/benchmarks/accuracy/ablation.py DATASET --work FOLDER [--epochs 8]``.
All on validation images: the test split is not looked at. It can be ended at any time and goes on where it was.
"""

import argparse
import os
import sys
import time
from collections.abc import Mapping

from datasets import Dataset, open_folder
from search import Builder, complete, discover, load_hypermodel, training_options
from search.values import Value
from trainer import Decide, Member, Objective, limit_threads, score_predictions, train_member
from trainer.answering.calibration import apply_temperature, fit_temperature
from trainer.answering.decision import decided, fit_factors
from trainer.final.member import finish_member

CHANGES: dict[str, dict[str, Value]] = {
    "the defaults": {},
    "weights not averaged": {"weight_averaging": 0.0},
    "no label smoothing": {"label_smoothing": 0.0},
    "half the augmentation": {"augmentation": 0.5},
    "brightness and colours as they are": {"augmentation_brightness": 0.0, "augmentation_colour_jitter": 0.0},
    "dropout 0.2, weight decay 0.02": {"dropout": 0.2, "weight_decay": 0.02},
    "no squeeze-and-excitation": {"squeeze_excite": False},
    "one block a stage": {"blocks_per_stage": 1},
    "a residual network, not equivariant": {"network": "residual"},
    "a plain network": {"network": "plain"},
    "separable convolutions": {"network": "separable"},
    "mixup": {"mixup": 0.2},
    "class weights": {"balance": "weights"},
    "rare classes repeated": {"balance": "oversample"},
    "fresh undersamples": {"balance": "undersample", "fresh_undersampling": True},
    "SGD": {"optimizer": "sgd"},
    "float32": {"precision": "float32"},
}
FIXED = ("weight_averaging", "precision")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset")
    parser.add_argument("--work", required=True, help="folder of the checkpoints")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--only", nargs="*", choices=list(CHANGES), help="these alone")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    limit_threads(options.threads)
    dataset = Dataset.open(options.dataset)
    sys.stdout.write("| | accuracy | macro recall | rarest class | balanced: accuracy | macro recall | CPU s |\n")
    sys.stdout.write("| --- | --- | --- | --- | --- | --- | --- |\n")
    for name, changes in CHANGES.items():
        if not options.only or name in options.only:
            sys.stdout.write(row(name, changes, dataset, options.epochs, options.work) + "\n")
            sys.stdout.flush()


def row(name: str, changes: Mapping[str, Value], dataset: Dataset, epochs: int, work: str) -> str:
    """Train the defaults with ``changes`` and return a line of the table."""
    hypermodel = load_hypermodel(None, input_shape=dataset.image_shape, num_classes=len(dataset.classes))
    # The fixed ones are changed as well, which no search does.
    values = complete(discover(hypermodel), {key: found for key, found in changes.items() if key not in FIXED})
    values |= {key: found for key, found in changes.items() if key in FIXED}
    member = Member(name, Builder(hypermodel, values), training_options(values, epochs=epochs), values, seed=1)
    began = time.process_time()
    folder = open_folder(work).child(name.replace(" ", "-"))
    run = train_member(member, dataset, objective=Objective.parse("val_macro_f1"), work=folder)
    seconds = time.process_time() - began
    true, probabilities = finish_member(member, run, dataset).validation
    calibrated = apply_temperature(probabilities, fit_temperature(true, probabilities))
    factors = fit_factors(true, calibrated, dataset.classes)
    cells = []
    for decide in (Decide.ACCURACY, Decide.BALANCED):
        numbers = decided(calibrated, dataset.classes, factors, decide)
        scores = score_predictions(true, calibrated, dataset.classes, decided=numbers)
        rarest = min(scores.per_class.values(), key=lambda score: score.support)
        cells += [f"{scores.accuracy:.4f}", f"{scores.balanced_accuracy:.4f}"]
        cells += [f"{rarest.recall:.2f}"] if decide is Decide.ACCURACY else []
    return f"| {name} | {' | '.join(cells)} | {seconds:,.0f} |"


if __name__ == "__main__":
    main()
