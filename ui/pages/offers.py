"""The datasets that a site offers, looked for at most every few seconds: a folder may hold a million files."""

import streamlit as st

from ui.contents.offered import offered_datasets
from ui.pages.site import Site

_SECONDS = 10


def offers(site: Site) -> dict[str, str]:
    """Return what `offered_datasets` finds below the site's folder; nothing where it has none."""
    return {} if site.data is None else _found(site.data)


@st.cache_data(ttl=_SECONDS, max_entries=4, show_spinner=False)
def _found(root: str) -> dict[str, str]:
    return offered_datasets(root)
