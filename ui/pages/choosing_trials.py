"""The choice of trials: in the URL, so that it can be sent, and kept while the search stays the same."""

from collections.abc import Sequence

import streamlit as st

from search import Followed, Row
from ui import ranking, wording
from ui.pages.choosing_several import asked_for, keep
from ui.pages.elements import plain

KEY = "trial"
"""Of the choice: its name in the URL."""
MOST = 5
_OFFERED = 200
"""Trials that a browser gets to choose from, the best; any other is typed."""


def chosen_trials(view: Followed) -> list[str]:
    """Draw the choice of up to five trials, at first the best; return the ids of those that there are.

    The best is the finalist that was chosen, where there are finalists.
    """
    key = f"trials of {view.name}"
    at_first = [view.best or view.ranked[0].trial_id]
    rows = _offered(view, asked_for(KEY, key, scope=view.name, at_first=at_first, most=MOST))
    chosen = st.multiselect(
        "Trials, best first",
        list(rows),
        format_func=lambda trial_id: _label(rows.get(trial_id), trial_id),
        key=key,
        max_selections=MOST,
        accept_new_options=True,
        filter_mode="contains",
        select_all=False,
        placeholder="Choose, or type a trial's number",
    )
    keep(KEY, chosen, scope=view.name)
    known = _offered(view, chosen)
    if unknown := [trial_id for trial_id in chosen if known.get(trial_id) is None]:
        names = ", ".join(plain(wording.line(each, longest=60)) for each in unknown)
        st.warning(f"{plain(view.name)} has no trial {names}: it has {wording.plural(len(view.ranked), 'trial')}.")
    elif not chosen:
        st.info("Choose a trial to look at.")
    return [trial_id for trial_id in chosen if trial_id not in unknown]


def _offered(view: Followed, also: Sequence[str]) -> dict[str, Row | None]:
    """Return what there is to choose from, by trial id: finalists, the chosen one first, the best trials, and ``also``.

    None stands for one of these that there is not.
    """
    finalists = sorted(view.finalists, key=lambda row: not row.chosen)
    best = view.rows(range(min(_OFFERED, len(view.ranked))))
    rows: dict[str, Row | None] = {row.trial_id: row for row in (*finalists, *best)}
    others = [place for place, record in enumerate(view.ranked) if record.trial_id in also]
    rows |= {row.trial_id: row for row in view.rows(others) if row.trial_id not in rows}
    return rows | {trial_id: None for trial_id in also if trial_id not in rows}


def _label(row: Row | None, trial_id: str) -> str:
    if row is None:
        return wording.line(trial_id, longest=40)
    said = ranking.mean_of(row) if row.beginnings else wording.score(row.score)
    return f"{ranking.trial_name(row)} · {said if row.rank is not None or row.beginnings else row.state}"
