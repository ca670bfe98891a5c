"""Where a model's answers hold: by how sure the volunteers were whose votes made the labels.

    PYTHONPATH=tests python -m benchmarks.catalogues.volunteers MODEL DATASET VOTES
        [--answers FILE.npz] [--table OUT.csv]

DATASET has images that MODEL has never seen, VOTES the Galaxy Challenge's vote fractions of some of them, by GalaxyID.
How sure they were is the fraction, among all votes for a galaxy, of the answer that makes its class: completely round,
in between and cigar-shaped (7.1 to 7.3), edge-on (2.1), spiral (4.1). OUT gets it, for

    galaxy evaluate MODEL DATASET --unseen-only --by sure=0.5,0.6,0.7,0.8 --table OUT.csv --id-column GalaxyID

FILE keeps the answers, as `benchmarks.catalogues.counting` does.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
from benchmarks.catalogues.counting import ask, say

from datasets import Dataset, open_folder, row_values
from trainer import ColumnScores, read_manifest, share_with_interval
from trainer.estimating.bin_scores import column_scores
from trainer.estimating.bins import By, binned

EDGES = (0.5, 0.6, 0.7, 0.8)
DECIDING = {"completely round": "Class7.1", "in between": "Class7.2", "cigar": "Class7.3", "edge": "Class2.1"}
DECIDING |= {"spiral": "Class4.1"}


def sureness(votes: Path, target: Path) -> None:
    """Write, for each galaxy, the largest of the fractions that make one of the five classes."""
    read = pa.csv.read_csv(votes)
    fractions = np.stack([read[name].to_numpy(zero_copy_only=False) for name in DECIDING.values()], axis=1)
    known = ~np.isnan(fractions).all(axis=1)
    largest = np.full(len(fractions), np.nan)
    largest[known] = np.nanmax(fractions[known], axis=1)
    pa.csv.write_csv(pa.table({"GalaxyID": read["GalaxyID"], "sure": pa.array(largest, from_pandas=True)}), target)


def show(found: ColumnScores) -> None:
    """Print a line a bin: accuracy, and completeness and purity of each class."""
    for one in found.filled:
        right = sum(each.right for each in one.per_class.values())
        classes = ", ".join(
            f"{name} {share_with_interval(each.right, each.support)} | {share_with_interval(each.right, each.named)}"
            for name, each in one.per_class.items()
        )
        say(f"{one.name}: {one.count:,} images, accuracy {share_with_interval(right, one.count)}; {classes}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("dataset")
    parser.add_argument("votes")
    parser.add_argument("--answers", help=".npz that keeps what the model answered")
    parser.add_argument("--table", help=".csv that gets how sure the volunteers were")
    parser.set_defaults(no_class=None)
    options = parser.parse_args()
    classes = read_manifest(open_folder(options.model)).classes
    answers = ask(options)
    with tempfile.TemporaryDirectory() as scratch:
        table = Path(options.table or Path(scratch) / "sure.csv")
        sureness(Path(options.votes), table)
        values = row_values(Dataset.open(options.dataset), answers.rows, ["sure"], table=table, id_column="GalaxyID")
    (_, sure), by = values.columns[0], By("sure", EDGES)
    parted = binned(by.column, sure, edges=by.edges)
    absent = int((~values.present).sum())
    say(f"completeness | purity of each class; {absent:,} of {len(answers.rows):,} images are in no row of the votes")
    show(column_scores(parted, answers.true, answers.decided, classes, absent=absent))


if __name__ == "__main__":
    main()
