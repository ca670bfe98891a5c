"""Records as an Optuna study, on which Optuna's own importance and plots are used.

The study knows only the values that occurred: a numerical hyperparameter ranges from the least to the largest of them.
"""

import math
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState

from datasets import few
from search.ledger.records import Record, in_order_of_end
from search.quiet import quiet_optuna
from search.values import Value
from trainer import Objective

Answer = TypeVar("Answer")
# Fewer points than this fit any story.
_FEWEST = 4
MOST = 500
"""The forest behind the importance, and a browser, take their time for more: beyond it a sample is looked at."""
SEED = 1
# A hyperparameter that spans a factor of so much was searched on a logarithmic scale.
_LOG_SPAN = 100.0


@dataclass(frozen=True)
class Unclear:
    """Why there is no answer, in a sentence for the reader."""

    reason: str


@dataclass(frozen=True)
class Looked:
    """What an answer is made of.

    Attributes:
        records: The trials that are looked at: ended ones with a score, see `last_of_each`.
        of: How many there are of these; more than ``records`` where those are a sample, in which the best one is.
        names: The hyperparameters that are looked at: each of the trials has them, and they took several values.
    """

    records: tuple[Record, ...]
    of: int
    names: tuple[str, ...]


def look_at(
    records: Sequence[Record], objective: Objective, names: Sequence[str] = (), *, most: int = MOST
) -> Looked | Unclear:
    """Choose the trials and hyperparameters to look at, or say why there is nothing to see.

    With ``names`` those hyperparameters, of the trials that have them; without, those that every trial has. Of more
    than ``most`` trials a sample, the same each time.
    """
    scored = last_of_each(records)
    chosen = [record for record in scored if all(name in record.hyperparameters for name in names)]
    if len(chosen) < _FEWEST:
        having = f" that have {' and '.join(names)}" if names else ""
        return Unclear(f"this needs at least {_FEWEST} trials with a score{having}: there are {len(chosen)}")
    values = values_by_name(chosen)
    common = [name for name in values if len(values[name]) == len(chosen) and len(set(values[name])) > 1]
    asked = [name for name in names or common if name in common]
    if not asked or len(asked) < len(names):
        still = few(sorted(set(names) - set(asked))) if names else "every hyperparameter that all trials have"
        return Unclear(f"{still} took a single value so far: there is nothing to compare")
    if len({record.score for record in chosen}) == 1:
        return Unclear(f"all {len(chosen)} trials have the same score: there is nothing to explain")
    return Looked(tuple(_sample(chosen, objective, most)), len(chosen), tuple(asked))


def of_study(
    records: Sequence[Record],
    objective: Objective,
    answer: Callable[[optuna.Study, list[str]], Answer],
    names: Sequence[str] = (),
    *,
    most: int = MOST,
) -> Answer | Unclear:
    """Give ``answer`` a study and the hyperparameters to look at, or say why it could not be given; see `look_at`."""
    looked = look_at(records, objective, names, most=most)
    if isinstance(looked, Unclear):
        return looked
    with quiet_optuna():
        return answer(study_of(looked.records, objective), list(looked.names))


def study_of(records: Sequence[Record], objective: Objective) -> optuna.Study:
    """Make a study of the ended ``records``, in the order of their ends; trials without a score are failed ones."""
    ended = in_order_of_end(records)
    scored = [record for record in ended if record.is_scored]
    distributions = {name: _distribution(values) for name, values in values_by_name(scored).items()}
    with quiet_optuna():
        study = optuna.create_study(direction="maximize" if objective.direction == "max" else "minimize")
        study.add_trials([_trial(record, distributions) for record in ended])
    return study


def in_logarithms(study: optuna.Study) -> optuna.Study:
    """Return the study with the logarithm of each hyperparameter that was searched on such a scale, on a plain one."""
    with quiet_optuna():
        other = optuna.create_study(direction=study.direction)
        other.add_trials([_in_logarithms(trial) for trial in study.trials])
    return other


def last_of_each(records: Iterable[Record]) -> list[Record]:
    """Return the trials with a score, of a promotion and those that it goes on from the longest alone.

    They have the same hyperparameters: one would foretell another, and a configuration would count several times.
    """
    scored = [record for record in records if record.is_scored]
    gone_on_from = {record.parent for record in scored}
    return [record for record in scored if record.trial_id not in gone_on_from]


def values_by_name(records: Iterable[Record]) -> dict[str, list[Value]]:
    """Return the values that each hyperparameter took."""
    values: dict[str, list[Value]] = {}
    for record in records:
        for name, value in record.hyperparameters.items():
            values.setdefault(name, []).append(value)
    return values


def _sample(records: Sequence[Record], objective: Objective, most: int) -> list[Record]:
    """Return all records, or the best and a random choice of the others, the same each time."""
    if len(records) <= most:
        return list(records)
    sign = 1.0 if objective.direction == "max" else -1.0
    best = max(records, key=lambda record: sign * (record.score or 0.0))
    return [best, *random.Random(SEED).sample([record for record in records if record is not best], most - 1)]


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


def _in_logarithms(trial: FrozenTrial) -> FrozenTrial:
    params, distributions = trial.params, trial.distributions
    for name, one in distributions.items():
        if isinstance(one, FloatDistribution | IntDistribution) and one.log:
            params[name] = math.log(params[name])
            distributions[name] = FloatDistribution(math.log(one.low), math.log(one.high))
    return optuna.trial.create_trial(
        state=trial.state, value=trial.value, params=params, distributions=distributions, user_attrs=trial.user_attrs
    )


def _distribution(values: Sequence[Value]) -> BaseDistribution:
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) < len(values):
        return CategoricalDistribution(sorted(set(values), key=str))
    low, high = min(numbers), max(numbers)
    log = low > 0 and high / low >= _LOG_SPAN
    if all(isinstance(number, int) for number in numbers):
        return IntDistribution(int(low), int(high), log=log)
    return FloatDistribution(float(low), float(high), log=log)
