"""Where a model's answers hold: completeness and purity by what else is known of the images."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from datasets import RowValues
from trainer.answering.decision import Decide
from trainer.bundles.evaluation import Evaluation
from trainer.estimating.bin_scores import BinScores, ColumnScores, column_scores, weights_of, whole_scores
from trainer.estimating.bins import BINS, By, binned
from trainer.estimating.prior import checked_prior


@dataclass(frozen=True)
class Holding:
    """Scores by columns, of ``table``, and those of all images together, ``whole``.

    ``mix`` has the share of each class among the evaluated images. ``prior`` has those of another mix, which accuracy
    and purity are then of; None: they are of the evaluated one.
    """

    table: str | None
    columns: tuple[ColumnScores, ...]
    whole: BinScores
    mix: Mapping[str, float]
    prior: Mapping[str, float] | None

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON-ready values: ``by``, ``mix``, ``prior``, and ``in_prior`` where there is one."""
        prior = None if self.prior is None else dict(self.prior)
        whole = {} if self.prior is None else {"in_prior": asdict(self.whole)}
        by = [one.as_json() for one in self.columns]
        return {"by": by, "by_table": self.table, "mix": dict(self.mix), "prior": prior, **whole}


def check_columns(by: Sequence[By], values: RowValues, *, bins: int = BINS) -> None:
    """Raise OptionsError where `where_it_holds` would, for a column: before anything is answered."""
    for one, (name, array) in zip(by, values.columns, strict=True):
        binned(name, array, edges=one.edges, bins=bins)


def where_it_holds(
    evaluation: Evaluation,
    by: Sequence[By],
    values: RowValues | None,
    *,
    decide: Decide | None = None,
    prior: Mapping[str, float] | None = None,
    bins: int = BINS,
) -> Holding:
    """Score an evaluation's answers by columns.

    Args:
        by: The columns, with their edges if any.
        values: Of these, in their order, for the evaluated rows and maybe more; None where there is no column.
        decide: The operating point; None: the bundle's own.
        prior: A number for each class, of any sum: their shares where the answers are to be used.
        bins: Of numbers without edges.

    Raises OptionsError as `binned` and `checked_prior` do.
    """
    classes, true, decided = evaluation.classifier.classes, evaluation.true, evaluation.decided(decide)
    shares = None if prior is None else checked_prior(prior, classes, true)
    weights = None if shares is None else weights_of(shares, true, classes)
    here = None if values is None else values.of(evaluation.rows)
    columns = []
    if here is not None:
        absent = int((~here.present).sum())
        for one, (name, array) in zip(by, here.columns, strict=True):
            parted = binned(name, array, edges=one.edges, bins=bins)
            columns.append(column_scores(parted, true, decided, classes, weights=weights, absent=absent))
    counts = np.bincount(true, minlength=len(classes)) / len(true)
    return Holding(
        None if here is None else here.table,
        tuple(columns),
        whole_scores(true, decided, classes, weights),
        dict(zip(classes, counts.tolist(), strict=True)),
        shares,
    )
