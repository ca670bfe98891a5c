"""Uploads on a page: taken over from Streamlit into what is kept of their visitor, and read with progress."""

import time

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from datasets import UploadReader
from ui import wording
from ui.pages.elements import plain
from ui.predictions.asking import Asking
from ui.predictions.keeping import Everyone, Visitor

_VISITOR, _REFUSED, _STOPPED = "uploads", "refused uploads", "stopped"
_AT_ONCE_SECONDS = 0.3
"""What takes no longer needs no progress."""
_TAKEN = "JPEG, PNG, GIF, TIFF, BMP, WebP and FITS; zips and tars of them; NumPy and HDF5 arrays, Parquet, TFRecords."


@st.cache_resource(show_spinner=False)
def reader() -> UploadReader:
    """Return what decodes uploads, the same for all visitors."""
    return UploadReader()


@st.cache_resource(show_spinner=False)
def _everyone() -> Everyone:
    return Everyone()


def visitor() -> Visitor:
    """Return what is kept of who looks at the page, and of nobody else."""
    if _VISITOR not in st.session_state:
        st.session_state[_VISITOR] = Visitor(_everyone())
    kept: Visitor = st.session_state[_VISITOR]
    return kept


def upload_area(kept: Visitor) -> None:
    """Draw where files are dropped, and what has been taken of them."""
    key = _key(kept)
    st.file_uploader(
        "Images of galaxies",
        accept_multiple_files=True,
        help=f"{_TAKEN} They stay in this server's memory while this page is open, and nobody else sees them.",
        key=key,
        on_change=_take,
        args=(kept, key),
    )
    for line in st.session_state.get(_REFUSED, []):
        st.error(plain(line))
    if kept.count:
        held, remove = st.columns([4, 1], vertical_alignment="center")
        held.markdown(f"**{wording.plural(kept.count, 'file')}** here, {wording.size(kept.upload_bytes)}.")
        remove.button("Remove all", icon=":material/delete:", on_click=_forget, args=(kept,), width="stretch")


def read_on(asking: Asking) -> bool:
    """Have what is not answered yet answered, with progress that can be stopped; return whether all is answered."""
    if asking.is_done:
        return True
    spot = st.empty()
    if st.session_state.get(_STOPPED) == asking.key:
        place = spot.container()
        go_on = place.button("Go on", icon=":material/play_arrow:", on_click=_start, key="go on")
        place.info(f"Stopped: {asking.done:,} of {asking.total:,} images are answered.")
        return bool(go_on)
    began, bar = time.monotonic(), None
    for _ in asking.go_on():
        if bar is None and time.monotonic() - began > _AT_ONCE_SECONDS:
            place = spot.container()
            bar = place.progress(0.0)
            place.button("Stop", icon=":material/stop:", on_click=_stop, args=(asking.key,), key="stop")
        if bar is not None:
            done, total = asking.done, max(asking.total, 1)
            bar.progress(min(done / total, 1.0), text=f"Classifying … {done:,} of {total:,} images")
    spot.empty()
    return True


def _key(kept: Visitor) -> str:
    return f"files {kept.generation}"


def _take(kept: Visitor, key: str) -> None:
    """Take files over, so that they are kept once, and their widget's place is free for more.

    A run that is interrupted, by a click on *Stop*, has Streamlit call this again for the same files.
    """
    if key != _key(kept):
        return
    files = [file for file in st.session_state.get(key) or [] if isinstance(file, UploadedFile)]
    st.session_state[_REFUSED] = kept.take((file.name, file.getvalue()) for file in files)
    context = get_script_run_ctx()
    if context is not None:
        for file in files:  # Streamlit would keep them until the visitor has gone
            if isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
                context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)
    kept.generation += 1
    _start()


def _forget(kept: Visitor) -> None:
    kept.forget()
    st.session_state.pop(_REFUSED, None)


def _stop(key: object) -> None:
    st.session_state[_STOPPED] = key


def _start() -> None:
    st.session_state.pop(_STOPPED, None)
