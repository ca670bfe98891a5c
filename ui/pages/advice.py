"""What to do next with a search: why it is in its state, and the command, or with control the button, that goes on."""

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
    if found.specification.settings.is_by_value:
        return
    if (words := _command(found)) is not None:
        commands(wording.command_line(*words, storage=site.storage))


def _command(found: Followed) -> tuple[str, ...] | None:
    if str(found.state) in _ENDED:
        return ("resume", found.name)
    if found.best is None:
        return None
    return None if found.finals is not None else ("train", found.name)
