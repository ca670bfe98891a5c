"""The choice of a search, the same on every view: in the URL, so that it can be sent, and kept from view to view."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from search import DamagedSearch, LedgerError
from ui import wording
from ui.pages.choosing_one import chosen_one
from ui.pages.elements import commands, plain
from ui.pages.site import Site
from ui.pages.watching import looked_at

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

KEY = "search"
"""Of the choice: its name in the URL."""


def chosen_search(site: Site, place: "DeltaGenerator | None" = None, *, of_it: Sequence[str] = ()) -> str | None:
    """Draw the choice of a search, at first the newest; return its name, None where there is none.

    It is drawn in ``place``; ``of_it`` are the names in the URL of what is chosen within a search: see `chosen_one`.

    Raises LedgerError for one that cannot be read.
    """
    found = {one.name: one for one in looked_at(site.storage)}
    if not found:
        no_search(site)
        return None
    began = {name: "" if isinstance(one, DamagedSearch) else one.specification.created for name, one in found.items()}
    names = sorted(found, key=lambda name: began[name], reverse=True)
    where = f"in {plain(site.storage)}"
    chosen = chosen_one("Search", KEY, names, where=where, of_it=of_it, place=place)
    if isinstance(one := found[chosen], DamagedSearch):
        raise LedgerError(one.reason)
    return chosen


def no_search(site: Site) -> None:
    """Say how the first search is begun."""
    st.info(f"There is no search in {plain(site.storage)} yet. Start one in a terminal and this page will show it:")
    commands(wording.command_line("fit", "DATASET", "--name", "first", storage=site.storage))
