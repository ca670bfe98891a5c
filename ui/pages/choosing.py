"""The choice of a search, the same on every view: in the URL, so that it can be sent, and kept from view to view."""

import streamlit as st

from search import list_searches
from ui import wording
from ui.pages.elements import plain
from ui.pages.site import Site

KEY = "search"
"""Of the choice: its name in the URL and in the session."""


def chosen_search(site: Site) -> str | None:
    """Draw the choice of a search, at first the newest; return its name, None where there is none.

    Raises LedgerError for a search that cannot be read.
    """
    names = [view.name for view in sorted(list_searches(site.storage), key=lambda view: view.specification.created)]
    if not names:
        no_search(site)
        return None
    names.reverse()
    asked = st.query_params.get(KEY)
    if asked is not None and asked not in names:
        st.warning(f"There is no search {plain(asked)!r} in {plain(site.storage)}: this is the newest.")
    if st.session_state.get(KEY) not in names:
        st.session_state[KEY] = asked if asked in names else names[0]
    return st.selectbox("Search", names, index=None, key=KEY, bind="query-params", required=True)


def no_search(site: Site) -> None:
    """Say how the first search is begun."""
    st.info(f"There is no search in {plain(site.storage)} yet. Start one in a terminal and this page will show it:")
    st.code(wording.command_line("fit", "DATASET", "--name", "first", storage=site.storage), language="shell")
