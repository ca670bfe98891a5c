"""A choice of one thing that stands in the URL, so that it can be sent, from the first look on; kept from view to view.

Streamlit's own binding leaves out what nobody has clicked on, which another day is something else.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from ui.pages.elements import plain

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


def chosen_one(
    label: str,
    name: str,
    offered: Sequence[str],
    *,
    where: str,
    instead: str | None = None,
    of_it: Sequence[str] = (),
    place: "DeltaGenerator | None" = None,
) -> str:
    """Draw the choice of one of ``offered``, at first the first; return it.

    What the URL asks for under ``name``, where that is not what was shown last; else what the reader has chosen.

    Args:
        where: Completes the line that says that there is none of what the URL asks for: Markdown.
        instead: What is asked for where the URL has nothing under ``name``.
        of_it: Names in the URL of what is chosen within this one: taken out as another is shown than was asked for.
        place: Where it is drawn, such as a column; what there is to say of it stands below, over the whole width.
    """
    key, kept = f"choice of {name}", f"chosen {name}"
    asked, before = st.query_params.get(name, instead), st.session_state.get(kept)
    if asked is not None and asked not in offered:
        st.warning(f"There is no {label.lower()} {plain(asked)} {where}: this is another.")
    wanted = (asked if asked != before else None, st.session_state.get(key), before, offered[0])
    shown = next(each for each in wanted if each in offered)
    # The key stays the same, whatever is chosen: with another one the reader's next choice would be lost.
    if st.session_state.get(key) != shown:
        st.session_state[key] = shown
    draw = st.selectbox if place is None else place.selectbox
    chosen: str = draw(label, offered, key=key)
    st.session_state[kept] = chosen
    if asked is not None and asked != chosen:
        for each in of_it:
            st.query_params.pop(each, None)
    if st.query_params.get(name) != chosen:
        st.query_params[name] = chosen
    return chosen
