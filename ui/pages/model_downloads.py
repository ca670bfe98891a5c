"""Of a model's view: the model itself, its card, and what it was exported to for other programs."""

import os
import shlex
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import IO, BinaryIO

import streamlit as st

from datasets import Folder
from trainer import (
    CARD,
    ExportedModel,
    exports_beside,
    model_card,
    read_manifest,
    remove_export,
    write_zip,
    zipped_size,
)
from ui import wording
from ui.launching import Launched, launch, launched
from ui.pages.elements import commands, plain
from ui.pages.site import Site

_SECONDS = 2
_MOST = 2 * 10**9
"""Bytes that are sent at most: they lie in the server's memory as long as a browser may fetch them."""
_WHAT = {
    "onnx": "ONNX: one file, for onnxruntime and most other programs",
    "litert": "LiteRT: one file, for phones and small machines",
    "savedmodel": "SavedModel: a folder, for TensorFlow Serving",
}


def draw(site: Site, name: str, folder: Folder) -> None:
    """Draw what can be downloaded, with the size of each."""
    st.subheader("The model", anchor=False)
    st.markdown(
        "A folder with its networks, thresholds and card: `galaxy classify`, `evaluate` and `export` take it on any "
        "machine."
    )
    whole = f"{name}-model"
    _offer(f"{whole}.zip", zipped_size(folder, whole), partial(_zipped, folder, whole), folder.uri)
    manifest = read_manifest(folder)
    card = model_card(manifest)
    st.subheader("Its card", anchor=False)
    if (before := _called(manifest.commands)) not in {None, name}:
        st.markdown(f"The search was called {plain(str(before))} when the model was made: its commands name it so.")
    st.download_button(
        "Download the card (Markdown)", card, file_name=f"{name}-{CARD}", mime="text/markdown", on_click="ignore"
    )
    with st.expander("Read it here"):
        st.code(card, language=None, wrap_lines=True)
    st.subheader("For other programs", anchor=False)
    st.markdown("Images as bytes in, probabilities out; scaling, averaging and calibration are part of each.")
    found = exports_beside(folder)
    if not found:
        st.caption("The model does not lie on this machine: a command there, or here, exports it.")
        commands(wording.command_line("export", folder.uri, "--format", "onnx"))
    for each in found:
        _export(site, name, folder, each, since=manifest.made)


def _called(commands: Sequence[str]) -> str | None:
    """Return the name of the search in the commands that make a model again; None where they have none."""
    words = next((shlex.split(each) for each in commands if each.startswith("galaxy train ")), [])
    return words[2] if len(words) > 2 else None


def _export(site: Site, name: str, folder: Folder, found: ExportedModel, *, since: float) -> None:
    making = _made(found, since)
    if making is not None and making.status is None:
        st.fragment(_waiting, run_every=_SECONDS)(making, found)
        return
    with st.container(border=True):
        st.markdown(f"**{_WHAT[found.format]}**")
        if found.is_older:
            st.warning("This one is of the model before: make it again.")
        if found.size is not None:
            is_folder = found.path.is_dir()
            file = f"{name}-{found.path.name}" + (".zip" if is_folder else "")
            make: Callable[[], BinaryIO] = partial(_zipped_folder if is_folder else _opened, found.path)
            _offer(file, found.size, make, str(found.path))
        elif making is not None and making.status:
            st.error(plain(making.last_words()))
        if found.size is None or found.is_older:
            _how_to_make(site, folder, found)


def _how_to_make(site: Site, folder: Folder, found: ExportedModel) -> None:
    """Show the command that exports the model; with control, a button that runs it."""
    words = ["export", folder.uri, "--format", found.format.value, "--output", str(found.path)]
    words += wording.module_options(site.modules)
    command = wording.command_line(*words)
    commands(*([] if found.size is None else [f"rm -r {shlex.quote(str(found.path))}"]), command)
    if site.control and st.button("Make it", key=f"make {found.format}", icon=":material/build:"):
        remove_export(found)
        launch(*words)
        st.rerun()


def _made(found: ExportedModel, since: float) -> Launched | None:
    """Return what was started last from this page to make an exported model of the one made at ``since``, Unix time.

    Or of one that lay there before, while that still runs.
    """
    exports = (one for one in launched() if one.words[0] == "export" and str(found.path) in one.words)
    return next((one for one in exports if one.since >= since or one.status is None), None)


def _waiting(making: Launched, found: ExportedModel) -> None:
    if making.status is not None:
        st.rerun()
    with st.container(border=True):
        st.markdown(f"**{_WHAT[found.format]}**")
        seconds = wording.duration(time.time() - making.since)
        st.info(f"Being made, and its answers compared, since {seconds}: it takes a minute or two.")


def _offer(file_name: str, size: int, make: Callable[[], BinaryIO], place: str) -> None:
    if size > _MOST:
        st.caption(f"{size / 1e9:.1f} GB: more than a page sends. It lies at {plain(place)}.")
        return
    st.download_button(
        f"Download {plain(file_name)} ({_bytes(size)})",
        make,
        file_name=file_name,
        mime="application/octet-stream",
        icon=":material/download:",
        on_click="ignore",
        key=f"get {file_name}",
    )


def _bytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 10**5 else f"{size / 1e3:,.1f} kB"


def _zipped(folder: Folder, name: str) -> BinaryIO:
    """Make the zip once it is asked for: on the disk, one file after another, so that memory holds it once."""
    with tempfile.TemporaryFile() as target:
        write_zip(folder, target, name)
        return _from_start(target)


def _zipped_folder(path: Path) -> BinaryIO:
    with tempfile.TemporaryFile() as target:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            for file in sorted(path.rglob("*")):
                if file.is_file():
                    archive.write(file, f"{path.name}/{file.relative_to(path)}")
        return _from_start(target)


def _from_start(file: IO[bytes]) -> BinaryIO:
    """Open what was written for reading: Streamlit takes no file that can be written to."""
    file.flush()
    os.lseek(file.fileno(), 0, os.SEEK_SET)
    return os.fdopen(os.dup(file.fileno()), "rb")


def _opened(path: Path) -> BinaryIO:
    return path.open("rb")
