"""What `galaxy fit` was asked for, and how it parts its time, as ``fit.json`` keeps it: so that it can go on."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from datasets import write_duration
from search.errors import SettingsError
from search.layout import FIT, SearchLayout
from search.ledger.reading import read_model

FIT_FORMAT: Literal["galaxy-tuner-fit/1"] = "galaxy-tuner-fit/1"


class FitRecord(BaseModel):
    """The time of a fit, in seconds from its start: all of it, and those after which its search ends.

    ``epochs`` are those of its finalists, which may train for longer than trials. ``max_slower`` is how many times the
    work of one network with one view the bundle may take for an image. ``is_done``: the bundle is what it came to.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["galaxy-tuner-fit/1"] = FIT_FORMAT
    time_limit: float
    search_seconds: float
    epochs: int
    max_slower: float
    is_done: bool = False

    def extended(self, time_limit: float | None, *, spent: float, share: float) -> "FitRecord":
        """Return it with so much time in all; of what that adds to the time ``spent`` the search gets a ``share``.

        Raises SettingsError for less than it was to have.
        """
        if time_limit is None or time_limit == self.time_limit:
            return self
        if time_limit < self.time_limit:
            had = write_duration(self.time_limit)
            asked = write_duration(time_limit)
            raise SettingsError(f"--time-limit {asked}: the fit was to have {had} already: ask for more, or none")
        search_seconds = max(self.search_seconds, spent + share * (time_limit - spent))
        return self.model_copy(update={"time_limit": time_limit, "search_seconds": search_seconds, "is_done": False})


def read_fit(layout: SearchLayout) -> FitRecord | None:
    """Read what a search was a part of; None where it is one by itself. Raises LedgerError for a file that is none."""
    return read_model(layout.root, FIT, FitRecord)


def note_fit(layout: SearchLayout, record: FitRecord | None) -> None:
    """Keep it, whole or not at all; None forgets what a fit of this name has left that never began."""
    if record is None:
        layout.root.delete(FIT)
    else:
        layout.root.write_whole(FIT, record.model_dump_json().encode())
