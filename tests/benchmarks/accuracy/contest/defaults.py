"""The contestant without a search: the space's defaults from further beginnings for all the time, then the same bundle.

    python -m benchmarks.accuracy.contest.defaults DATASET --name NAME --storage STORAGE --seconds N

A trial of one epoch measures how long one takes. All else is what `galaxy fit` does with its finalists: as many
beginnings as the time allows on divisions of the images, eight at most, the average, the decision, the calibration.
Epochs are as many as `galaxy fit` gives so many images where nothing is short. Called again, it goes on.
"""

import time

_BEGAN = time.monotonic()

import argparse  # noqa: E402  # what is imported counts
import json  # noqa: E402
import sys  # noqa: E402

from cluster import TrainSettings, resume_search, run_search, train_within  # noqa: E402
from cluster.jobs.planning import epochs_for  # noqa: E402
from datasets import Dataset, Split  # noqa: E402
from search import LedgerError, SearchSettings, read_search  # noqa: E402
from trainer import limit_threads  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset")
    parser.add_argument("--name", required=True)
    parser.add_argument("--storage", required=True)
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()
    limit_threads(1)  # so that the trial's epoch takes what one of a beginning does
    try_once(options.dataset, options.name, options.storage)
    epochs = epochs_for(len(Dataset.open(options.dataset).rows(Split.TRAIN)))
    settings = TrainSettings(epochs=epochs, time_limit=options.seconds)
    result = train_within(options.name, settings, storage=options.storage, already=time.monotonic() - _BEGAN)
    sys.stdout.write(json.dumps(result.as_json()) + "\n")


def try_once(dataset: str, name: str, storage: str) -> None:
    """Train the trial, or what is missing of it."""
    try:
        view = read_search(storage, name, history=False)
    except LedgerError:
        settings = SearchSettings(name=name, trials=1, epochs=1)
        run_search(dataset, settings, storage=storage, address="in-process")
        return
    if view.best is None:  # interrupted in its epoch
        resume_search(name, storage=storage, address="in-process")


if __name__ == "__main__":
    main()
