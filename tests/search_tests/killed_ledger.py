"""A ledger whose process is killed on the way."""

from collections.abc import Callable
from typing import TypeVar

from search import Ledger, Record, Retry, SearchLayout, Suggestion

T = TypeVar("T")


class Killed(Exception):
    """The driver is gone."""


class KilledAfter(Ledger):
    """A ledger whose process is killed after its ``writes``-th write; 0 is before the first."""

    def __init__(self, layout: SearchLayout, *, writes: int) -> None:
        super().__init__(layout)
        self._left = writes

    def _count(self, write: Callable[[], T]) -> T:
        self._left -= 1
        if self._left < 0:
            raise Killed
        written = write()
        if self._left == 0:
            raise Killed
        return written

    def write_suggestion(self, suggestion: Suggestion) -> None:
        self._count(lambda: super(KilledAfter, self).write_suggestion(suggestion))

    def write_retry(self, retry: Retry) -> None:
        self._count(lambda: super(KilledAfter, self).write_retry(retry))

    def write_record(self, record: Record) -> Record:
        return self._count(lambda: super(KilledAfter, self).write_record(record))

    def write_oracle(self, state: dict[str, object]) -> None:
        self._count(lambda: super(KilledAfter, self).write_oracle(state))
