"""Of a model's view: the model itself, its card, and what it was exported to for other programs."""

import os
import tempfile
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, BinaryIO

import streamlit as st

from datasets import Folder
from trainer import CARD, ExportedModel, exports_beside, model_card, read_manifest, write_zip, zipped_size
from ui import wording
from ui.pages.elements import plain
from ui.pages.model_exporting import make_export
from ui.pages.site import Site

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
    card = model_card(read_manifest(folder))
    st.subheader("Its card", anchor=False)
    st.download_button(
        "Download the card (Markdown)", card, file_name=f"{name}-{CARD}", mime="text/markdown", on_click="ignore"
    )
    with st.expander("Read it here"):
        st.code(card, language="markdown", wrap_lines=True)
    st.subheader("For other programs", anchor=False)
    st.markdown("Images as bytes in, probabilities out; scaling, averaging and calibration are part of each.")
    found = exports_beside(folder)
    if not found:
        st.caption("The model does not lie on this machine: a command there, or here, exports it.")
        st.code(wording.command_line("export", folder.uri, "--format", "onnx"), language="shell")
    for each in found:
        _export(site, name, folder, each)


def _export(site: Site, name: str, folder: Folder, found: ExportedModel) -> None:
    with st.container(border=True):
        st.markdown(f"**{_WHAT[found.format]}**")
        if found.is_older:
            st.warning("This one is of the model before: make it again.")
        if found.size is not None:
            is_folder = found.path.is_dir()
            file = f"{name}-{found.path.name}" + (".zip" if is_folder else "")
            make: Callable[[], BinaryIO] = partial(_zipped_folder if is_folder else _opened, found.path)
            _offer(file, found.size, make, str(found.path))
        if found.size is None or found.is_older:
            command = wording.command_line(
                "export", folder.uri, "--format", found.format, "--output", str(found.path), *_modules(site)
            )
            st.code(command if found.size is None else f"rm -r {found.path}\n{command}", language="shell")
            if site.control and st.button("Make it", key=f"make {found.format}", icon=":material/build:"):
                with st.spinner("Exporting, and comparing its answers: a minute or two …"):
                    problem = make_export(folder.uri, found, site.modules)
                if problem is None:
                    st.rerun()
                st.error(plain(problem))


def _modules(site: Site) -> list[str]:
    return wording.module_options(site.modules)


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
