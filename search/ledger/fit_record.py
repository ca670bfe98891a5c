"""What `galaxy fit` was asked for, and how it parts its time, as ``fit.json`` keeps it: so that it can go on."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from search.layout import FIT, SearchLayout
from search.ledger.reading import read_model

FIT_FORMAT: Literal["galaxy-tuner-fit/1"] = "galaxy-tuner-fit/1"


class FitRecord(BaseModel):
    """The time of a fit, in seconds from its start: all of it, and those after which its search ends.

    ``epochs`` are those of its finalists, which may train for longer than trials. ``max_slower`` is how many times the
    work of one network with one view the bundle may take for an image.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["galaxy-tuner-fit/1"] = FIT_FORMAT
    time_limit: float
    search_seconds: float
    epochs: int
    max_slower: float

    def extended(self, time_limit: float, *, spent: float) -> "FitRecord":
        """Return it with all of another limit; of what that adds to the time ``spent`` half is for the search."""
        if time_limit <= self.time_limit:
            return self.model_copy(update={"time_limit": time_limit})
        search_seconds = max(self.search_seconds, (spent + time_limit) / 2)
        return self.model_copy(update={"time_limit": time_limit, "search_seconds": search_seconds})


def read_fit(layout: SearchLayout) -> FitRecord | None:
    """Read what a search was a part of; None where it is one by itself. Raises LedgerError for a file that is none."""
    return read_model(layout.root, FIT, FitRecord)


def write_fit(layout: SearchLayout, record: FitRecord) -> None:
    """Keep it, whole or not at all."""
    layout.root.write_whole(FIT, record.model_dump_json().encode())
