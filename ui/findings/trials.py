"""Some trials side by side, as tables: a row a fact or hyperparameter, a column a trial."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from search import Finals, Record, SearchSpecification, TrialDetails
from ui import ranking, wording

DIFFERS = "≠"
"""Marks a hyperparameter that is not the same in all trials shown."""
_LONGEST = 200


def shown_as(trial_id: str, finals: Finals | None) -> str:
    """Write what a trial is shown as: ``trial 0003``, with a star where it was chosen among finalists."""
    chosen = finals is not None and finals.chosen == trial_id
    return ranking.configuration(trial_id) + (f" {ranking.CHOSEN}" if chosen else "")


def facts(
    trials: Mapping[str, TrialDetails], finals: Finals | None, specification: SearchSpecification
) -> list[dict[str, str]]:
    """Return what happened to each trial, by the name it is shown under; rows that nothing is known for are left out.

    Everything is text, as a column holds facts of many kinds.
    """
    written = {name: _facts(one, finals, specification) for name, one in trials.items()}
    rows = dict.fromkeys(fact for each in written.values() for fact in each)
    return [
        {"": fact, **{name: each.get(fact, wording.ABSENT) for name, each in written.items()}}
        for fact in rows
        if any(each.get(fact, wording.ABSENT) != wording.ABSENT for each in written.values())
    ]


def hyperparameters(trials: Mapping[str, Record], *, only_differing: bool) -> list[dict[str, str]]:
    """Return the value of each hyperparameter in each trial, marked where they differ, of several trials."""
    records = [*trials.values()]
    differing = set(ranking.differing(records)) if len(records) > 1 else set()
    names = dict.fromkeys(name for record in records for name in record.hyperparameters)
    return [
        {
            **({DIFFERS: DIFFERS if name in differing else ""} if len(records) > 1 else {}),
            "hyperparameter": heading,
            **{
                shown: wording.value(record.hyperparameters.get(name), longest=_LONGEST)
                for shown, record in trials.items()
            },
        }
        for name, heading in ranking.headings([*names]).items()
        if not only_differing or name in differing
    ]


def attempts(trials: Mapping[str, TrialDetails]) -> list[dict[str, object]]:
    """Return the attempts of the trials that were tried again, a row an attempt; the last one counts."""
    return [
        {
            "trial": name,
            "attempt": record.attempts,
            "state": str(record.state),
            "score": record.finite_score,
            "epochs": record.epochs,
            "seconds": record.seconds,
            "ended": _moment(record.ended),
            "reason": None if record.reason is None else wording.line(record.reason),
        }
        for name, one in trials.items()
        if one.earlier
        for record in (*one.earlier, one.record)
    ]


def worst_class(record: Record, classes: Sequence[str]) -> str | None:
    """Write the class that a trial found least and its recall, at its best epoch; None where that was not kept."""
    number, recall = record.metrics.get("val_worst_class"), record.metrics.get("val_worst_recall")
    if number is None or recall is None or not 0 <= number < len(classes):
        return None
    return f"{wording.line(classes[int(number)])} (recall {wording.percent(recall)})"


def _facts(one: TrialDetails, finals: Finals | None, specification: SearchSpecification) -> dict[str, str]:
    record = one.record
    finalist = None if finals is None else finals.finalist(record.trial_id)
    best = wording.ABSENT if record.best_epoch is None else f"{record.best_epoch} of {record.epochs}"
    each = record.seconds_an_epoch
    return {
        "state": str(record.state),
        wording.metric(specification.objective_name): wording.score(record.score),
        "best epoch": best,
        "class found least": worst_class(record, specification.classes) or wording.ABSENT,
        "mean of its beginnings": wording.ABSENT
        if finalist is None or not finalist.beginnings
        else f"{ranking.with_spread(finalist.mean, finalist.spread)} ({len(finalist.beginnings)})",
        "training": wording.duration(record.seconds or None),
        "an epoch": wording.ABSENT if each is None else f"{each:.1f} s",
        "start": wording.ABSENT if record.start_seconds is None else f"{record.start_seconds:.1f} s",
        "worker": wording.ABSENT if record.worker is None else wording.line(record.worker),
        "began": _clock(record.started),
        "ended": _clock(record.ended),
        "ends after epoch": wording.ABSENT if record.until is None else str(record.until),
        "goes on from": wording.ABSENT if record.parent is None else f"trial {record.parent}",
        "attempts": str(record.attempts) if record.attempts > 1 else wording.ABSENT,
        "reason": wording.ABSENT if record.reason is None else wording.line(record.reason, longest=_LONGEST),
    }


def _clock(when: str | None) -> str:
    moment = _moment(when)
    return wording.ABSENT if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}"


def _moment(when: str | None) -> datetime | None:
    """Return an ISO 8601 time in this machine's own zone."""
    return None if when is None else datetime.fromisoformat(when).astimezone()
