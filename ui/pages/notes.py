"""Notes of readers on trials: written with control, else only shown."""

from collections.abc import Sequence

import streamlit as st

from search import LONGEST_NOTE, read_details, write_note
from ui.pages.elements import plain
from ui.pages.site import Site


def notes(site: Site, name: str, ids: Sequence[str]) -> None:
    """Draw the notes on some trials of the search called ``name``."""
    kept = {trial_id: read_details(site.storage, name, trial_id).note for trial_id in ids}
    if not kept or not (site.control or any(kept.values())):
        return
    st.subheader("Notes", anchor=False)
    for column, (trial_id, note) in zip(st.columns(len(kept)), kept.items(), strict=True):
        with column:
            if site.control:
                _edited(site, name, trial_id, note)
            elif note:
                st.markdown(f"**trial {plain(trial_id)}**")
                st.markdown("  \n".join(map(plain, note.splitlines())))


def _edited(site: Site, name: str, trial_id: str, note: str) -> None:
    with st.form(f"note on {name} {trial_id}", border=False):
        text = st.text_area(
            f"trial {plain(trial_id)}", note, key=f"text on {name} {trial_id}", max_chars=LONGEST_NOTE, height=120
        )
        if st.form_submit_button("Keep the note", icon=":material/edit_note:"):
            write_note(site.storage, name, trial_id, text)
            st.toast("Kept.", icon=":material/check:")
