"""What a search teaches about its space: which hyperparameters matter, and how. Records in, numbers and figures out.

An Optuna study is made from the records, and Optuna's own importance and plots are used on it. The study knows only
the values that occurred: a numerical hyperparameter ranges from the least to the largest of them. Where the records do
not suffice for an answer it is an `Unclear`, which says why.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.importance import FanovaImportanceEvaluator
from optuna.trial import FrozenTrial, TrialState
from plotly.graph_objects import Figure

from datasets import few
from search.ledger.ranking import best_so_far
from search.ledger.records import Record, in_order_of_end
from search.quiet import quiet_optuna
from search.values import Value
from trainer import Objective

Answer = TypeVar("Answer")
# Fewer points than this fit any story.
_FEWEST = 4
# The forest behind the importance, and a browser, take their time for more; beyond it a sample of them is looked at.
_MOST = 500
_SEED = 1
# A hyperparameter that spans a factor of so much was searched on a logarithmic scale.
_LOG_SPAN = 100.0


@dataclass(frozen=True)
class Unclear:
    """Why there is no answer, in a sentence for the reader."""

    reason: str


def importances(records: Sequence[Record], objective: Objective) -> dict[str, float] | Unclear:
    """Return the share (0–1, in all 1) of the score's variance that each hyperparameter explains, largest first.

    Functional ANOVA over a random forest (Hutter, Hoos and Leyton-Brown 2014), of the hyperparameters that every scored
    trial has: what only some branch of the space knows cannot be compared. Beyond 500 trials of a sample of them.
    """
    return _of_study(records, objective, _explained)


def plot_parallel_coordinates(records: Sequence[Record], objective: Objective) -> Figure | Unclear:
    """Draw each trial as a line through the hyperparameters that all have: a plotly figure."""
    return _of_study(records, objective, _drawn(optuna.visualization.plot_parallel_coordinate, objective))


def plot_slices(
    records: Sequence[Record], objective: Objective, names: Sequence[str] | None = None
) -> Figure | Unclear:
    """Draw the score over each of ``names`` (by default those that all trials have): a plotly figure."""
    return _of_study(records, objective, _drawn(optuna.visualization.plot_slice, objective), names=names)


def plot_contours(records: Sequence[Record], objective: Objective, first: str, second: str) -> Figure | Unclear:
    """Draw the score over two hyperparameters, of the trials that have both: a plotly figure."""
    return _of_study(records, objective, _drawn(optuna.visualization.plot_contour, objective), names=(first, second))


def _drawn(plot: Callable[..., Figure], objective: Objective) -> Callable[[optuna.Study, list[str]], Figure]:
    return lambda study, names: plot(study, names, target_name=objective.name)


def plot_best_so_far(records: Sequence[Record], objective: Objective) -> Figure | Unclear:
    """Draw each trial's score in the order of their ends and the best until then: a plotly figure."""
    if not best_so_far(records, objective):
        return Unclear(f"the best so far needs a trial with a score: none of the {len(records)} has one")
    study = study_of(records, objective)
    return optuna.visualization.plot_optimization_history(study, target_name=objective.name)


def _explained(study: optuna.Study, names: list[str]) -> dict[str, float]:
    evaluator = FanovaImportanceEvaluator(seed=_SEED)
    shares = optuna.importance.get_param_importances(study, evaluator=evaluator, params=names)
    return {name: float(share) for name, share in shares.items()}


def study_of(records: Sequence[Record], objective: Objective) -> optuna.Study:
    """Make a study of the ended ``records``, in the order of their ends; trials without a score are failed ones."""
    ended = in_order_of_end(records)
    scored = [record for record in ended if record.is_scored]
    distributions = {name: _distribution(values) for name, values in _values_by_name(scored).items()}
    with quiet_optuna():
        study = optuna.create_study(direction="maximize" if objective.direction == "max" else "minimize")
        study.add_trials([_trial(record, distributions) for record in ended])
    return study


def _of_study(
    records: Sequence[Record],
    objective: Objective,
    answer: Callable[[optuna.Study, list[str]], Answer],
    names: Sequence[str] | None = None,
) -> Answer | Unclear:
    """Give ``answer`` a study and the hyperparameters to look at, or say why it could not be given."""
    chosen = [r for r in records if r.is_scored and all(name in r.hyperparameters for name in names or ())]
    if len(chosen) < _FEWEST:
        having = f" that have {' and '.join(names)}" if names else ""
        return Unclear(f"this needs at least {_FEWEST} trials with a score{having}: there are {len(chosen)}")
    values = _values_by_name(chosen)
    common = [name for name in values if len(values[name]) == len(chosen) and len(set(values[name])) > 1]
    asked = [name for name in names or common if name in common]
    if not asked or len(asked) < len(names or ()):
        still = few(sorted(set(names or ()) - set(asked))) if names else "every hyperparameter that all trials have"
        return Unclear(f"{still} took a single value so far: there is nothing to compare")
    if len({record.score for record in chosen}) == 1:
        return Unclear(f"all {len(chosen)} trials have the same score: there is nothing to explain")
    with quiet_optuna():
        return answer(study_of(_sample(chosen, objective), objective), asked)


def _sample(records: Sequence[Record], objective: Objective) -> list[Record]:
    """Return all records, or the best and a random choice of the others, the same each time."""
    if len(records) <= _MOST:
        return list(records)
    sign = 1.0 if objective.direction == "max" else -1.0
    best = max(records, key=lambda record: sign * (record.score or 0.0))
    return [best, *random.Random(_SEED).sample([record for record in records if record is not best], _MOST - 1)]


def _trial(record: Record, distributions: dict[str, BaseDistribution]) -> FrozenTrial:
    # A failed trial may hold values that no scored one has: no range is known for them.
    names = [name for name in record.hyperparameters if record.is_scored and name in distributions]
    return optuna.trial.create_trial(
        state=TrialState.COMPLETE if record.is_scored else TrialState.FAIL,
        value=record.score if record.is_scored else None,
        params={name: record.hyperparameters[name] for name in names},
        distributions={name: distributions[name] for name in names},
        user_attrs={"trial_id": record.trial_id},
    )


def _values_by_name(records: Sequence[Record]) -> dict[str, list[Value]]:
    """Return the values that each hyperparameter took."""
    values: dict[str, list[Value]] = {}
    for record in records:
        for name, value in record.hyperparameters.items():
            values.setdefault(name, []).append(value)
    return values


def _distribution(values: Sequence[Value]) -> BaseDistribution:
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) < len(values):
        return CategoricalDistribution(sorted(set(values), key=str))
    low, high = min(numbers), max(numbers)
    log = low > 0 and high / low >= _LOG_SPAN
    if all(isinstance(number, int) for number in numbers):
        return IntDistribution(int(low), int(high), log=log)
    return FloatDistribution(float(low), float(high), log=log)
