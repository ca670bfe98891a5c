"""What to do next with a search: why it is in its state, and the command, or the call in Python, that goes on."""

from typing import Literal

import streamlit as st

from search import Followed
from ui import wording
from ui.pages.elements import commands, plain
from ui.pages.site import Site

_ENDED = {"interrupted": "It was interrupted", "stopped": "It was stopped", "failed": "It failed"}


def next_step(site: Site, found: Followed) -> None:
    """Say why it is in its state, and how to go on."""
    state = str(found.state)
    if found.is_live:
        return
    if state in _ENDED:
        why = f": {plain(found.reason)}" if found.reason else ""
        say = st.error if state == "failed" else st.warning
        say(f"{_ENDED[state]}{why}. Nothing that had ended is lost; it goes on with:")
    elif found.reason:
        st.info(f"It ended early: {plain(found.reason)}.")
    if (verb := _verb(found)) is not None:
        settings, is_fit = found.specification.settings, found.whole is not None
        commands(wording.going_on(verb, settings, storage=site.storage, is_fit=is_fit))


def _verb(found: Followed) -> Literal["resume", "train"] | None:
    if str(found.state) in _ENDED:
        return "resume"
    return "train" if found.best is not None and found.finals is None else None
