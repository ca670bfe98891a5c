"""Which hyperparameters matter, and how: numbers, and plotly figures by Optuna."""

from collections.abc import Callable, Sequence

import optuna
from optuna.importance import FanovaImportanceEvaluator
from plotly.graph_objects import Figure

from search.insight.study import SEED, Unclear, in_logarithms, of_study, study_of
from search.ledger.ranking import best_so_far
from search.ledger.records import Record
from trainer import Objective

MOST_OF_CONTOURS = 100
"""A browser fills in a grid of as many rows and columns as there are values."""


_TREES = 24
"""Of the forest. Optuna's own 64 take 7.4 s for 500 trials of 8 hyperparameters, these 2.9 s: between two seeds a share
of 0.58 then differs by 0.02, with these by 0.05."""


def importances(records: Sequence[Record], objective: Objective) -> dict[str, float] | Unclear:
    """Return the share (0–1, in all 1) of the score's variance that each hyperparameter explains, largest first.

    Functional ANOVA over a random forest (Hutter, Hoos and Leyton-Brown 2014), of the hyperparameters that every scored
    trial has: what only some branch of the space knows cannot be compared. Beyond 500 trials of a sample of them.
    """
    return of_study(records, objective, _explained)


def plot_parallel_coordinates(
    records: Sequence[Record], objective: Objective, names: Sequence[str] | None = None
) -> Figure | Unclear:
    """Draw each trial as a line through the hyperparameters that all have, or through ``names``: a plotly figure."""
    return of_study(records, objective, _drawn(optuna.visualization.plot_parallel_coordinate, objective), names or ())


def plot_slices(
    records: Sequence[Record], objective: Objective, names: Sequence[str] | None = None
) -> Figure | Unclear:
    """Draw the score over each of ``names`` (by default those that all trials have): a plotly figure."""
    return of_study(records, objective, _drawn(optuna.visualization.plot_slice, objective), names or ())


def plot_contours(records: Sequence[Record], objective: Objective, first: str, second: str) -> Figure | Unclear:
    """Draw the score over two hyperparameters, of the trials that have both: a plotly figure.

    Beyond 100 trials of a sample of them.
    """
    plot = _drawn(optuna.visualization.plot_contour, objective)
    return of_study(records, objective, plot, (first, second), most=MOST_OF_CONTOURS)


def plot_best_so_far(records: Sequence[Record], objective: Objective) -> Figure | Unclear:
    """Draw each trial's score in the order of their ends and the best until then: a plotly figure."""
    if not best_so_far(records, objective):
        return Unclear(f"the best so far needs a trial with a score: none of the {len(records)} has one")
    study = study_of(records, objective)
    return optuna.visualization.plot_optimization_history(study, target_name=objective.name)


def _drawn(plot: Callable[..., Figure], objective: Objective) -> Callable[[optuna.Study, list[str]], Figure]:
    return lambda study, names: plot(study, names, target_name=objective.name)


def _explained(study: optuna.Study, names: list[str]) -> dict[str, float]:
    evaluator = FanovaImportanceEvaluator(n_trees=_TREES, seed=SEED)
    # Optuna weighs the parts of a range by their width: of 0.00001 to 0.1 nine tenths are above 0.01.
    shares = optuna.importance.get_param_importances(in_logarithms(study), evaluator=evaluator, params=names)
    return {name: float(share) for name, share in shares.items()}
