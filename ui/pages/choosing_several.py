"""A choice of several things that stands in the URL, so that it can be sent, from the first look on.

Streamlit's own binding leaves out what nobody has clicked on, which another day is something else.
"""

from collections.abc import Collection, Sequence

import streamlit as st


def asked_for(
    name: str,
    key: str,
    *,
    scope: str,
    at_first: Sequence[str],
    most: int,
    offered: Collection[str] | None = None,
) -> list[str]:
    """Return what is chosen, for the widget of ``key`` to begin with.

    What the URL has under ``name``, where that is not what was written there last, or was of another scope; else what
    was chosen before.

    Args:
        scope: What the choice is of: in another one it begins anew.
        at_first: What is chosen until somebody chooses.
        most: So many are taken from the URL; a line says so where it has more.
        offered: What there is to choose from, where anything else in the URL is passed over.
    """
    there = dict.fromkeys(st.query_params.get_all(name))
    asked = [each for each in there if offered is None or each in offered]
    before, written = st.session_state.get(_kept(name), ("", []))
    if asked and (before != scope or asked != written):
        st.session_state[key] = asked[:most]
        if len(asked) > most:
            st.warning(f"At most {most} fit side by side: these are the first of {len(asked)}.")
    elif key not in st.session_state:
        st.session_state[key] = written if before == scope and written else list(at_first)
    return list(st.session_state[key])


def keep(name: str, chosen: Sequence[str], *, scope: str) -> None:
    """Write a choice into the URL, and remember it while other views are shown."""
    st.session_state[_kept(name)] = (scope, list(chosen))
    st.query_params[name] = list(chosen)


def _kept(name: str) -> str:
    return f"chosen by {name}"
