"""What a page that is served with ``--control`` lets its reader do: each a ``galaxy`` command in a process of its own.

What is typed is a name or a number; datasets and spaces are chosen from lists: no paths, no code.
"""

import sys
from collections.abc import Sequence

import streamlit as st

from search import Followed, SettingsError, check_name
from ui import wording
from ui.contents.offered import offered_dataset, offered_datasets
from ui.launching import Launched, launch, launched
from ui.pages.elements import plain, problems_shown
from ui.pages.site import Site

_BUILT_IN = "the built-in network"
_SOON = 3.0
_BRIEF = 60.0
"""Seconds to wait for a command that does little."""
_SHOWN = 5


def new_search(site: Site) -> None:
    """Draw the form that begins a search; nothing without control."""
    if not site.control:
        return
    with st.expander("New search", icon=":material/add:"):
        offered = offered_datasets(site.data) if site.data is not None else {}
        if not offered:
            st.info(f"No dataset is offered. Serve the page with the folder that holds them: {_served(site)}")
            return
        with st.form("new search", border=False):
            dataset = st.selectbox("Dataset", list(offered))
            name = st.text_input("Name", max_chars=100, placeholder="letters, digits, '.', '_' and '-'")
            minutes = st.number_input("Minutes in all", min_value=2, max_value=60 * 24 * 14, value=60, step=10)
            is_fit = st.toggle("Train the best and bundle them in the same time", value=True)
            space = st.selectbox("Space", [_BUILT_IN, *spaces(site.modules)])
            if st.form_submit_button("Begin", type="primary"):
                with problems_shown():
                    path = offered_dataset(site.data or "", dataset or "")
                    words = search_words(site, path, name, minutes=int(minutes), is_fit=is_fit, space=space)
                    _begun(launch(*words))


def search_words(
    site: Site, dataset: str, name: str, *, minutes: int, is_fit: bool, space: str | None
) -> tuple[str, ...]:
    """Return the words of the command that begins a search. Raises SettingsError for what is no name."""
    if not name:
        raise SettingsError("Name: expected one for the search, found none")
    words = ["fit" if is_fit else "search", dataset, f"--name={check_name(name)}", f"--time-limit={minutes}m"]
    if space is not None and space != _BUILT_IN:
        words.append(f"--hypermodel={space}")
    return (*words, f"--storage={site.storage}")


def spaces(modules: Sequence[str]) -> list[str]:
    """Return what a search can be defined by in a user's modules, as ``module:object``: its public functions, classes.

    They are imported already.
    """
    return [
        f"{module}:{name}"
        for module in modules
        for name, value in (vars(sys.modules[module]).items() if module in sys.modules else ())
        if not name.startswith("_") and callable(value) and getattr(value, "__module__", None) == module
    ]


def actions(site: Site, found: Followed) -> None:
    """Draw what can be done with a search; nothing without control."""
    if not site.control:
        return
    name, storage = found.name, f"--storage={site.storage}"
    with st.container(horizontal=True):
        if found.is_live:
            if st.button("Stop", icon=":material/stop:", help="What runs comes to its end; nothing is lost."):
                _done(launch("stop", name, storage))
            return
        # What was an object in Python no command has: the page says what goes on from there.
        is_by_name = not found.specification.settings.is_by_value
        can_go_on = is_by_name and str(found.state) in ("interrupted", "stopped", "failed")
        if can_go_on and st.button("Resume", icon=":material/resume:"):
            _begun(launch("resume", name, storage))
        if is_by_name and found.best is not None and st.button("Train", icon=":material/model_training:"):
            _train(site, name)
        if st.button("Rename", icon=":material/edit:"):
            _rename(site, name)
        if st.button("Delete", icon=":material/delete:"):
            _delete(site, name)


@st.dialog("Train the finalists")
def _train(site: Site, name: str) -> None:
    st.write("The best trials and the space's defaults are trained again and again; the best mean is chosen.")
    minutes = st.number_input("Minutes", min_value=2, max_value=60 * 24 * 14, value=30, step=10)
    if st.button("Train", type="primary"):
        _begun(launch("train", name, f"--time-limit={int(minutes)}m", f"--storage={site.storage}"))


@st.dialog("Rename")
def _rename(site: Site, name: str) -> None:
    new = st.text_input(f"New name of {plain(name)}", max_chars=100)
    if st.button("Rename", type="primary"):
        with problems_shown():
            _done(launch("rename", name, check_name(new), "--yes", f"--storage={site.storage}"))


@st.dialog("Delete")
def _delete(site: Site, name: str) -> None:
    st.warning(f"{plain(name)} with all its trials, checkpoints and its model will be gone for good.")
    typed = st.text_input("Its name, to be sure")
    if st.button("Delete", type="primary", disabled=typed != name):
        _done(launch("delete", name, "--yes", f"--storage={site.storage}"))


def _begun(command: Launched) -> None:
    """Show at once why a command that is to run for long has not even begun."""
    with st.spinner("Starting …"):
        status = command.wait(_SOON)
    if status:
        st.error(plain(command.last_words()))
    else:
        st.rerun()


def _done(command: Launched) -> None:
    """Wait for a command that is soon over; show what it says if it fails."""
    with st.spinner("Working …"):
        status = command.wait(_BRIEF)
    if status:
        st.error(plain(command.last_words()))
    else:
        st.rerun()


def commands(site: Site) -> None:
    """List what was started from here and what became of it; nothing without control."""
    shown = launched()[:_SHOWN] if site.control else ()
    for one in shown:
        words = plain(one.last_words()) or "starting"
        icon = "hourglass_top" if one.status is None else "error" if one.status else "check"
        st.markdown(f":material/{icon}: :small[`{one.line.replace('`', '')}`: {words}]")


def _served(site: Site) -> str:
    line = wording.command_line("ui", "--control", "--data", "FOLDER", storage=site.storage)
    return f"`{line.replace('`', '')}`"
