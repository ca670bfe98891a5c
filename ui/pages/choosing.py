"""The choice of a search, the same on every view: in the URL, so that it can be sent, and kept from view to view."""

from typing import TYPE_CHECKING

import streamlit as st

from search import DamagedSearch, LedgerError
from ui import wording
from ui.pages.elements import commands, plain
from ui.pages.site import Site
from ui.pages.watching import looked_at

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

KEY = "search"
"""Of the choice: its name in the URL."""
_KEPT = "chosen search"


def chosen_search(site: Site, place: "DeltaGenerator | None" = None) -> str | None:
    """Draw the choice of a search, at first the newest; return its name, None where there is none.

    It is drawn in ``place``, such as a column, and what there is to say of it below, over the whole width.

    Raises LedgerError for one that cannot be read.
    """
    found = {one.name: one for one in looked_at(site.storage)}
    if not found:
        no_search(site)
        return None
    began = {name: "" if isinstance(one, DamagedSearch) else one.specification.created for name, one in found.items()}
    names = sorted(found, key=lambda name: began[name], reverse=True)
    asked, kept = st.query_params.get(KEY), st.session_state.get(_KEPT)
    if asked is not None and asked not in names:
        st.warning(f"There is no search {plain(asked)} in {plain(site.storage)}: this is another.")
    at_first = next(name for name in (asked, kept, names[0]) if name in names)
    # Streamlit's own binding leaves a value out of the address that nobody has clicked on: the newest changes.
    draw = st.selectbox if place is None else place.selectbox
    chosen: str = draw("Search", names, index=names.index(at_first), key=f"{KEY} of {at_first}")
    st.session_state[_KEPT] = chosen
    if asked != chosen:
        st.query_params[KEY] = chosen
    if isinstance(one := found[chosen], DamagedSearch):
        raise LedgerError(one.reason)
    return chosen


def no_search(site: Site) -> None:
    """Say how the first search is begun."""
    st.info(f"There is no search in {plain(site.storage)} yet. Start one in a terminal and this page will show it:")
    commands(wording.command_line("fit", "DATASET", "--name", "first", storage=site.storage))
