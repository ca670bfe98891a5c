"""Which checkpoints are kept: every trial's best, and its last for as long as somebody may go on from it.

A trial's last checkpoint is needed while the trial runs. After its end only a promotion goes on from it, and only
`HyperbandOracle` promotes among the oracles that are ours; what a user's own oracle may do is not known, so under one
every checkpoint is kept.
"""

import contextlib
from collections.abc import Iterable, Mapping

import keras_tuner

from datasets import StorageError
from search.layout import SearchLayout
from search.ledger.records import Record
from search.oracles.hyperband import HyperbandOracle
from trainer import delete_last


class CheckpointRetention:
    """Deletes the last checkpoints of ended trials, once nobody can need them."""

    def __init__(self, layout: SearchLayout, oracle: keras_tuner.Oracle, *, known: bool) -> None:
        """Look after the checkpoints of one search; ``known``: the oracle is one of ours."""
        self._layout = layout
        self._promotes = oracle if isinstance(oracle, HyperbandOracle) else None
        self._known = known
        self._kept: set[str] = set()

    def resume(self, ended: Iterable[str]) -> None:
        """Take in the trials that had ended: some may have been kept for a promotion."""
        if self._promotes is not None:
            self._kept.update(ended)

    def ended(self, trial_id: str, records: Mapping[str, Record]) -> None:
        """Take in a trial whose record is durable and whose end the oracle knows; delete what is needed no longer."""
        if not self._known:
            return
        self._kept.add(trial_id)
        for one in sorted(one for one in self._kept if not self._needed(one, records)):
            self._kept.discard(one)
            # What stays behind costs space; a search is not to end for that.
            with contextlib.suppress(StorageError):
                delete_last(self._layout.checkpoints(one))

    def _needed(self, trial_id: str, records: Mapping[str, Record]) -> bool:
        if self._promotes is None:
            return False
        # One that has no score may be tried again.
        going_on = any(record.parent == trial_id and not record.is_scored for record in records.values())
        return going_on or self._promotes.may_promote(trial_id)
