"""What stands in ``specification.json`` while a search is deleted or renamed, so that it is no search meanwhile.

The mark is written before anything is touched and goes last: what is half deleted or half moved is never taken for a
search, keeps its name from being taken, and says which command goes on with it. A driver that begins at the same moment
is seen by who has written the mark, or sees the mark: it takes its place, then looks, as this one marks, then looks.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from search.errors import LedgerError
from search.layout import SPECIFICATION, TRAINERS, SearchLayout
from search.ledger.heartbeat import Driven, check_not_driven
from search.ledger.reading import parsed

FORMAT: Literal["galaxy-tuner-leaving/1"] = "galaxy-tuner-leaving/1"


class Mark(BaseModel):
    """What is being done with the search called ``name``: without ``new`` it is deleted, else renamed to that.

    ``specification`` is the text that stood here; None where it is not to come back, as all has been copied, and at the
    place that a search is renamed to.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["galaxy-tuner-leaving/1"] = FORMAT
    name: str
    new: str | None = None
    specification: str | None = None

    def said(self, layout: SearchLayout) -> str:
        """Say what was begun, and what goes on with it."""
        if self.new is None:
            done, command = "deleted", layout.command("delete", self.name)
        else:
            done, command = f"renamed to {self.new!r}", layout.command("rename", self.name, self.new)
        return f"search {self.name!r} is being {done}, or that was cut off: `{command}` goes on with it"

    @property
    def data(self) -> bytes:
        """What is written."""
        return self.model_dump_json(indent=2).encode()


def read_mark(data: bytes | None) -> Mark | None:
    """Return the mark that a specification's file is; None where it is none."""
    try:
        return None if data is None else Mark.model_validate_json(data)
    except ValidationError:
        return None


def mark_at(layout: SearchLayout) -> Mark | None:
    """Return the mark where a search's specification stands; None where there is none."""
    try:
        return parsed(layout.root, SPECIFICATION, Mark.model_validate_json)
    except ValidationError:
        return None


def check_staying(layout: SearchLayout) -> None:
    """Raise LedgerError if the search is being deleted or renamed; for who has just become its driver."""
    if (mark := mark_at(layout)) is not None:
        raise LedgerError(mark.said(layout))


def leave(layout: SearchLayout, mark: Mark, before: bytes) -> None:
    """Write ``mark`` where the search's specification, ``before``, stands.

    Raises LedgerError, and leaves it as it was, where something of the search runs.
    """
    check_idle(layout)
    layout.root.write_whole(SPECIFICATION, mark.data)
    try:
        check_idle(layout)
    except BaseException:
        layout.root.write_whole(SPECIFICATION, before)
        raise


def check_idle(layout: SearchLayout) -> None:
    """Raise LedgerError where something of the search runs."""
    check_not_driven(layout.root, Driven.search(layout))
    check_not_driven(layout.root, Driven.training(layout), drivers=TRAINERS)
