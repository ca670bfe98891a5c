"""The choice of trials: in the URL, so that it can be sent, and kept while the search stays the same."""

from collections.abc import Sequence

import streamlit as st

from search import Row, SearchView
from ui import ranking, wording
from ui.pages.elements import plain

KEY = "trial"
"""Of the choice: its name in the URL."""
MOST = 5
_OFFERED = 200
"""Trials that a browser gets to choose from, the best; any other is typed."""
_WRITTEN = "chosen trials"


def chosen_trials(view: SearchView) -> list[str]:
    """Draw the choice of up to five trials, at first the best; return the ids of those that there are.

    The best is the finalist that was chosen, where there are finalists.
    """
    rows = {row.trial_id: row for row in view.board}
    key = f"trials of {view.name}"
    _take_from_address(view, key, rows)
    offered = _offered(rows)
    chosen = st.multiselect(
        "Trials, best first",
        list(dict.fromkeys([*offered, *st.session_state[key]])),
        format_func=lambda trial_id: _label(rows.get(trial_id), trial_id),
        key=key,
        max_selections=MOST,
        accept_new_options=True,
        placeholder="Choose, or type a trial's number",
    )
    st.session_state[_WRITTEN] = (view.name, chosen)
    st.query_params[KEY] = chosen
    if unknown := [trial_id for trial_id in chosen if trial_id not in rows]:
        names = ", ".join(plain(wording.line(each, longest=60)) for each in unknown)
        st.warning(f"{plain(view.name)} has no trial {names}: it has {wording.plural(len(view.rows), 'trial')}.")
    elif not chosen:
        st.info("Choose a trial to look at.")
    return [trial_id for trial_id in chosen if trial_id in rows]


def _take_from_address(view: SearchView, key: str, rows: dict[str, Row]) -> None:
    """Let the choice be what the address asks for, where that is not what was written there last."""
    asked = list(dict.fromkeys(st.query_params.get_all(KEY)))
    search, written = st.session_state.get(_WRITTEN, ("", []))
    if asked and asked != written:
        st.session_state[key] = asked[:MOST]
        if len(asked) > MOST:
            st.warning(f"At most {MOST} trials fit side by side: these are the first of {len(asked)}.")
    elif key not in st.session_state:
        at_first = view.best or next(iter(rows))
        st.session_state[key] = written if search == view.name and written else [at_first]


def _offered(rows: dict[str, Row]) -> Sequence[str]:
    """Return the ids to choose from: finalists, the chosen one first, then the best."""
    finalists = sorted((row for row in rows.values() if row.beginnings), key=lambda row: not row.chosen)
    return list(dict.fromkeys([*(row.trial_id for row in finalists), *list(rows)[:_OFFERED]]))


def _label(row: Row | None, trial_id: str) -> str:
    if row is None:
        return wording.line(trial_id, longest=40)
    said = ranking.mean_of(row) if row.beginnings else wording.score(row.score)
    return f"{ranking.trial_name(row)} · {said if row.rank is not None or row.beginnings else row.state}"
