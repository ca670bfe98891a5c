"""Why trials fail, and when that ends a search early: its first trials all failed, and for the same reason."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from search.ledger.records import Record, TrialState, in_order_of_end

# Fewer may be chance; more would be hours lost to a space that cannot work.
FAIL_FAST_TRIALS = 5
_FAILED = (TrialState.FAILED, TrialState.INFEASIBLE)


def common_failure(records: Iterable[Record], *, since: str = "") -> str | None:
    """Return why the first five trials to end all failed, None if they did not, or for different reasons.

    Reasons that differ in numbers alone (sizes, ids of processes) are the same. Failures until ``since``, a time, do
    not count: what they failed for may have been mended; nor do trials that the time has cut before they had a score.
    """
    judged = (record for record in records if record.succeeded or ((record.ended or "") > since and not record.was_cut))
    ended = in_order_of_end(judged)[:FAIL_FAST_TRIALS]
    if len(ended) < FAIL_FAST_TRIALS or any(record.state not in _FAILED for record in ended):
        return None
    reasons = [record.reason or "" for record in ended]
    return reasons[0] if len({_without_numbers(reason) for reason in reasons}) == 1 else None


def commonest_failure(records: Sequence[Record]) -> str | None:
    """Return why most of those failed that did, as the first of them says it; None if none did."""
    reasons = [record.reason or "" for record in records if record.state in _FAILED]
    alike = Counter(map(_without_numbers, reasons)).most_common(1)
    return next((reason for reason in reasons if _without_numbers(reason) == alike[0][0]), None)


def _without_numbers(reason: str) -> str:
    return re.sub(r"\b(?=[0-9a-f.,]*\d)[0-9a-f.,]+\b", "#", reason)
