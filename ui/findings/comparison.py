"""Several searches beside each other: how the best came on, which can be compared, and what was set otherwise."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from search import Followed, in_order_of_end
from ui import ranking, wording

DIFFERS = "≠"
_FINGERPRINT = 12


@dataclass(frozen=True)
class Step:
    """How far a search was as a trial ended.

    Attributes:
        trials: Trials that had ended by then, those without a score among them.
        seconds: CPU time: seconds of training of these trials, each times the CPUs that it had.
        best: The best score until then.
        trial_id: Of the trial that ended.
    """

    trials: int
    seconds: float
    best: float
    trial_id: str


def steps(found: Followed) -> list[Step]:
    """Return a step for each trial that was the best as it ended, and one for the last trial."""
    maximise = found.objective.direction == "max"
    made: list[Step] = []
    best, seconds, holder = None, 0.0, ""
    ended = in_order_of_end(found.ranked)
    for number, record in enumerate(ended, 1):
        seconds += record.seconds * _cpus(found)
        score = record.finite_score if record.is_scored else None
        if score is not None and (best is None or (score > best if maximise else score < best)):
            best, holder = score, record.trial_id
            made.append(Step(number, seconds, best, holder))
    if best is not None and made[-1].trials < len(ended):
        made.append(Step(len(ended), seconds, best, holder))
    return made


def why_apart(one: Followed, other: Followed) -> str | None:
    """Say why two searches cannot be drawn on one axis; None where they can."""
    reasons = []
    if one.objective != other.objective:
        reasons.append(f"it is scored by {_objective(other)}, {one.name} by {_objective(one)}")
    if one.specification.fingerprint != other.specification.fingerprint:
        reasons.append(f"it ran on another dataset, {_dataset(other)}, {one.name} on {_dataset(one)}")
    return "; ".join(reasons) or None


def overview(found: Sequence[Followed]) -> list[dict[str, object]]:
    """Return a row a search: where it stands and what it came to; columns that no search has a value for are left out.

    Spans are in minutes, moments in this machine's zone.
    """
    rows = [_row(one) for one in found]
    return [{name: row[name] for name in row if any(each[name] is not None for each in rows)} for row in rows]


def settings(found: Sequence[Followed], *, only_differing: bool) -> list[dict[str, str]]:
    """Return a row a setting, as text, with a column a search, marked where they differ."""
    each = {one.name: _settings(one) for one in found}
    names = dict.fromkeys(name for known in each.values() for name in known)
    rows = []
    for name in names:
        values = {search: known.get(name, wording.ABSENT) for search, known in each.items()}
        differs = len(set(values.values())) > 1
        if differs or not only_differing:
            mark = {DIFFERS: DIFFERS if differs else ""} if len(found) > 1 else {}
            rows.append({**mark, "setting": name, **values})
    return rows


def _row(one: Followed) -> dict[str, object]:
    winner = one.winner
    times = [datetime.fromisoformat(when) for r in one.ranked for when in (r.started, r.ended) if when is not None]
    chosen = winner is not None and winner.chosen
    return {
        "search": one.name,
        "state": "training the best" if one.is_training else str(one.state),
        "metric": wording.metric(one.objective.name),
        "best trial": None if winner is None else ranking.trial_name(winner),
        "best score": None if winner is None else winner.finite_score,
        "mean": winner.mean if winner is not None and chosen else None,
        "spread": winner.spread if winner is not None and chosen else None,
        "trials ended": one.ended,
        "with a score": sum(record.is_scored for record in one.ranked),
        "CPU time of trials, min": _cpu_seconds(one) / 60,
        "of further beginnings, min": _beginning_seconds(one) / 60 if one.finals is not None else None,
        "begun": datetime.fromisoformat(one.specification.created).astimezone(),
        "first to last, min": (max(times) - min(times)).total_seconds() / 60 if times else None,
    }


def _cpu_seconds(one: Followed) -> float:
    return sum(record.seconds for record in one.ranked if record.state.is_ended()) * _cpus(one)


def _beginning_seconds(one: Followed) -> float:
    finalists = () if one.finals is None else one.finals.finalists
    return sum(each.seconds for finalist in finalists for each in finalist.beginnings) * _cpus(one)


def _cpus(one: Followed) -> int:
    return one.specification.settings.cpus_per_trial


def _settings(one: Followed) -> dict[str, str]:
    specification = one.specification
    set_ = specification.settings.model_dump(exclude={"name", "points", "time_limit"})
    limit, points = specification.settings.time_limit, specification.settings.points
    known: Mapping[str, object] = {
        "dataset": specification.dataset,
        "dataset's fingerprint": specification.fingerprint[:_FINGERPRINT],
        "image size": " × ".join(map(str, specification.image_shape[:2])),
        "classes": f"{len(specification.classes)}: {', '.join(specification.classes)}",
        **{name.replace("_", " "): value for name, value in set_.items()},
        "time limit": None if limit is None else wording.duration(limit),
        "tried first": wording.plural(len(points), "given configuration") if points else None,
        "which these are": json.dumps(points) if points else None,
        **{f"version of {name}": version for name, version in specification.versions.items()},
    }
    return {name: wording.value(value, longest=300) for name, value in known.items()}


def _objective(one: Followed) -> str:
    return f"{wording.metric(one.objective.name)} ({'more' if one.objective.direction == 'max' else 'less'} is better)"


def _dataset(one: Followed) -> str:
    return f"{one.specification.dataset} ({one.specification.fingerprint[:_FINGERPRINT]}…)"
