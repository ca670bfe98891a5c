"""All searches of a storage folder, those that cannot be read, too: what is wrong with one hides no other."""

import logging
from dataclasses import dataclass
from functools import partial

from datasets import GalaxyTunerError, open_folder
from search.errors import SettingsError
from search.layout import SPECIFICATION, SearchLayout
from search.ledger.reading import side_by_side, tried
from search.ledger.view import SearchView, read_all

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DamagedSearch:
    """A search that cannot be read, and why, in one line that says what to do."""

    name: str
    reason: str

    def as_json(self) -> dict[str, object]:
        """Return it as an item of ``damaged`` in what ``galaxy searches --json`` prints."""
        return {"name": self.name, "reason": self.reason}


@dataclass(frozen=True)
class Survey:
    """All searches of a storage folder, by name: those that can be read, without histories, and those that cannot."""

    views: tuple[SearchView, ...] = ()
    damaged: tuple[DamagedSearch, ...] = ()


def survey_searches(storage: str) -> Survey:
    """Look at every search in ``storage``; none if the folder does not exist.

    What is wrong with one hides no other. Raises StorageError only where the folder itself cannot be listed.
    """
    names = open_folder(storage).names()
    looked = dict(zip(names, side_by_side(partial(tried, partial(_is_search, storage)), names), strict=True))
    unclear = {name: said for name, said in looked.items() if isinstance(said, GalaxyTunerError)}
    layouts = [SearchLayout.of(storage, name) for name, said in looked.items() if said is True]
    found = {layout.name: view for layout, view in zip(layouts, read_all(layouts, history=False), strict=True)}
    faults = unclear | {name: view for name, view in found.items() if isinstance(view, GalaxyTunerError)}
    return Survey(
        tuple(view for view in found.values() if isinstance(view, SearchView)),
        tuple(DamagedSearch(name, str(faults[name])) for name in sorted(faults)),
    )


def list_searches(storage: str) -> tuple[SearchView, ...]:
    """Read every search in ``storage``, by name, without histories; none if the folder does not exist.

    Those that cannot be read are left out with a warning in the log each: `survey_searches` returns them, too.
    """
    survey = survey_searches(storage)
    for one in survey.damaged:
        _log.warning("Search %r is left out: %s", one.name, one.reason)
    return survey.views


def _is_search(storage: str, name: str) -> bool:
    try:
        return SearchLayout.of(storage, name).root.exists(SPECIFICATION)
    except SettingsError:  # some other folder, whose name no search can have
        return False
