"""The script that Streamlit runs: ``streamlit run ui/web/app.py -- STORAGE``."""

import sys
from functools import partial

import streamlit as st

from ui import wording
from ui.pages import classify, leaderboard


def main(storage: str) -> None:
    """Draw the page that the address names, with the way to the other one beside it."""
    st.set_page_config(page_title="Galaxy Tuner", page_icon="🌌", layout="wide")
    pages = [
        st.Page(
            partial(leaderboard.page, storage),
            title="Leaderboard",
            icon=":material/leaderboard:",
            url_path="leaderboard",
            default=True,
        ),
        st.Page(partial(classify.page, storage), title="Classify", icon=":material/image_search:", url_path="classify"),
    ]
    shown = st.navigation(pages, position="top")
    shown.run()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else wording.DEFAULT_STORAGE)
