"""Which finalist is dropped and which is chosen: by what their beginnings scored, compared division by division."""

from statistics import fmean

from search.ledger.finals import Finalist, Finals, standard_error
from trainer import Objective

_LEAST = 2
"""Beginnings of both, before one is dropped for the other."""


def judged(finals: Finals, objective: Objective) -> Finals:
    """Return the finals with those dropped that are behind, and the best of the others chosen.

    One is behind if it is a standard error worse than the best, over the divisions that both have had, two at least.
    The space's defaults are not dropped: against them it is said what the search was worth.
    """
    leader = _best(_contenders(finals), objective)
    if leader is None:
        return finals
    for one in finals.finalists:
        reason = None if one is leader or one.is_defaults or not one.stays else _behind(one, leader, objective)
        if reason is not None:
            finals = finals.but(one.model_copy(update={"dropped": reason}))
    chosen = _best(_contenders(finals), objective)
    return finals.model_copy(update={"chosen": None if chosen is None else chosen.trial_id})


def _contenders(finals: Finals) -> list[Finalist]:
    """Return those of which one is chosen: that are not behind, and have had as many beginnings as any, or one less.

    Whether there is time for further ones of it does not count.
    """
    scored = [one for one in finals.finalists if (one.dropped is None or one.failed) and one.scores]
    most = min(finals.planned, max((len(one.scores) for one in scored), default=0))
    return [one for one in scored if len(one.scores) >= max(1, most - 1)]


def _best(contenders: list[Finalist], objective: Objective) -> Finalist | None:
    """Return the one of the best mean over the divisions that all have had, the first of equals."""
    if not contenders:
        return None
    common = set.intersection(*(set(one.scores) for one in contenders))
    if not common:
        most = max(len(one.scores) for one in contenders)
        contenders = [one for one in contenders if len(one.scores) == most]
    means = [fmean(one.scores[number] for number in common or one.scores) for one in contenders]
    index = objective.best(means)
    return None if index is None else contenders[index]


def _behind(one: Finalist, leader: Finalist, objective: Objective) -> str | None:
    """Say by how much a finalist is behind the leader; None where it is not, or that cannot be told."""
    common = sorted(one.scores.keys() & leader.scores.keys())
    if len(common) < _LEAST:
        return None
    sign = 1.0 if objective.direction == "max" else -1.0
    differences = [sign * (leader.scores[number] - one.scores[number]) for number in common]
    mean, error = fmean(differences), standard_error(differences)
    if mean <= 0 or mean < error:
        return None
    return f"{mean:.4f} (standard error {error:.4f}) behind {leader.trial_id} after {len(common)} beginnings"
