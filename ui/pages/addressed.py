"""Choices that stand in the URL, so that what is seen can be sent.

Streamlit's own binding holds on to the first value that a widget had. Here a choice that nobody has made follows what
is shown (the options of another search), and one that was made stays.
"""

from collections.abc import Sequence

import streamlit as st


def asked_among(name: str, offered: Sequence[str], default: str) -> str:
    """Return what the URL asks for by ``name``, ``default`` where it asks for nothing that is offered."""
    asked = st.query_params.get(name)
    return asked if asked is not None and asked in offered else default


def asked_number(name: str, low: float, high: float, default: float) -> float:
    """Return the number that the URL asks for by ``name``, ``default`` where it is none within the bounds."""
    try:
        asked = float(st.query_params[name])
    except (KeyError, ValueError):
        return default
    return asked if low <= asked <= high else default


def keep(name: str, value: object, default: object) -> None:
    """Write a choice into the URL where it is not what would be shown without it."""
    if value == default:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != str(value):
        st.query_params[name] = str(value)
