"""One search: where it stands and what to do next, its trials, how it came on; follows it for as long as it is open."""

import streamlit as st

from ui import ranking, wording
from ui.pages.advice import next_step
from ui.pages.choosing import chosen_search
from ui.pages.control import actions
from ui.pages.elements import plain, problems_shown
from ui.pages.search_board import board, downloads
from ui.pages.search_charts import all_curves, best_score, when
from ui.pages.site import Site
from ui.pages.watching import Watched, costing, interval, watched


def page(site: Site) -> None:
    """Draw the page for the searches in the site's storage."""
    title, choice = st.columns([2, 1], vertical_alignment="bottom")
    title.title("Search", anchor=False)
    with problems_shown(), costing():
        name = chosen_search(site, choice)
        if name is None:
            return
        one = watched(site.storage, name)
        found = one.look()
        st.fragment(_headline, run_every=interval())(site, one, found.version)
        actions(site, found)
        if not found.ranked:
            st.info("No trial has started yet.")
            return
        board(site, one, found)
        charted = one.charted(found)
        best_score(one, charted)
        all_curves(one, charted)
        when(one, charted)
        downloads(site, name)


def _headline(site: Site, one: Watched, version: int) -> None:
    """Say where it stands; where more than its time has changed since ``version``, draw the whole page again."""
    with problems_shown():
        found = one.look()
        if found.version != version:
            st.rerun()
        planned, winner = found.specification.settings.trials, found.winner
        score = None if winner is None else winner.mean if winner.chosen else winner.score
        kind = "Mean" if winner is not None and winner.chosen else "Best"
        with st.container(horizontal=True, gap="large"):
            for label, value in (
                ("State", "training the best" if found.is_training else str(found.state)),
                ("Trials ended", f"{found.ended:,}" if planned is None else f"{found.ended:,} of {planned:,}"),
                (f"{kind} {plain(wording.metric(found.objective.name))}", wording.score(score)),
                ("Best trial", found.best or wording.ABSENT),
            ):
                st.metric(label, value, width="content")
        left = f", {wording.duration(found.left)} left" if found.left is not None and found.is_live else ""
        st.progress(ranking.share_done(found), text=ranking.states(found.counts) + left)
        if found.finals is not None and found.finals.worth is not None:
            st.markdown(plain(_sentence(found.finals.worth.sentence)))
        next_step(site, found)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
