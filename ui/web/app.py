"""The script that Streamlit runs: ``streamlit run ui/web/app.py -- JSON``, the JSON of a `ui.web.served.Served`."""

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import streamlit as st

from datasets import freeze_loaded
from ui import wording
from ui.pages import classify, comparison, dataset, insight, model, search, searches, trials
from ui.pages.entering import has_entered
from ui.pages.site import Site
from ui.web.served import Served

VIEWS: dict[str, tuple[str, str, Callable[[Site], None]]] = {
    "searches": ("Searches", "list", searches.page),
    "search": ("Search", "leaderboard", search.page),
    "insight": ("What matters", "insights", insight.page),
    "trials": ("Trials", "compare_arrows", trials.page),
    "compare": ("Compare", "stacked_line_chart", comparison.page),
    "dataset": ("Dataset", "photo_library", dataset.page),
    "model": ("Model", "network_node", model.page),
    "classify": ("Classify", "image_search", classify.page),
}
"""By the path of its URL: title, icon and function of each view. The first is also at the address itself."""


@st.cache_resource(show_spinner=False)
def _settled() -> None:
    """Leave what is loaded by now out of the search for garbage that Streamlit makes after every run.

    Of modules alone it takes 0.14 s, a hundred times what a look at a search takes that has not changed.
    """
    freeze_loaded()


def main(site: Site, served: Served) -> None:
    """Draw the view that the address names, with the way to the others above it, to whom may see it."""
    st.set_page_config(page_title="Galaxy Tuner", page_icon="🌌", layout="wide")
    if served.auth is not None and not has_entered(served.readers):
        return
    _settled()
    pages: dict[str, st.Page] = {}
    whole = replace(site, pages=pages)
    for number, (path, (title, icon, page)) in enumerate(VIEWS.items()):
        pages[path] = st.Page(
            partial(page, whole), title=title, icon=f":material/{icon}:", url_path=path, default=number == 0
        )
    st.navigation(list(pages.values()), position="top").run()


if __name__ == "__main__":
    given = Served.model_validate_json(sys.argv[1]) if len(sys.argv) > 1 else Served(storage=wording.DEFAULT_STORAGE)
    main(Site(given.storage, given.control, given.data, given.modules), given)
