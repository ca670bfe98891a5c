"""Of a dataset's view: the files that its import could not use, why, and what can be seen of each."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from datasets import DatasetInfo, open_folder, quarantine_pictures, read_quarantine, shown_name
from ui import wording
from ui.pages.addressed import asked_among, asked_number, keep
from ui.pages.elements import plain, safe

_EVERY = "any"
_TABLE, _EACH = 1_000, 12
"""Files in the table at most, and pictures at a time."""
_SIDE = 128
_LONGEST = 90


def draw(info: DatasetInfo) -> None:
    """Draw the quarantine: how often each reason, the files, and pictures of some."""
    if info.left_out:
        st.caption(f"{wording.plural(info.left_out, 'image')} of the source belong to no class that was asked for.")
    files = _files(info)
    if not files:
        st.success("Every file of the source could be used.")
        return
    reasons = Counter(kind_of(reason) for _, reason in files)
    st.markdown(f"**{wording.plural(len(files), 'file')}** of the source could not be used:")
    st.dataframe(
        safe([{"reason": reason, "files": count} for reason, count in reasons.most_common()]),
        hide_index=True,
        alt="How many files were left out for each reason",
    )
    names = [_EVERY, *(reason for reason, _ in reasons.most_common())]
    asked = asked_among("reason", names, _EVERY)
    chosen = st.selectbox("Reason", names, index=names.index(asked), key=f"reason {info.fingerprint}")
    keep("reason", chosen, _EVERY)
    wanted = [each for each in files if chosen in (_EVERY, kind_of(each[1]))]
    if len(wanted) > _TABLE:
        st.caption(f"The first {_TABLE:,} of {len(wanted):,}; quarantine.csv in the dataset's folder has all.")
    st.dataframe(
        safe([{"file": file, "reason": reason} for file, reason in wanted[:_TABLE]]),
        hide_index=True,
        alt="The files that were left out, and why",
    )
    st.fragment(_pictures)(info, wanted, chosen)


def kind_of(reason: str) -> str:
    """Return what reasons of one kind have in common: without the file, class or number that each names."""
    return reason.partition(":")[0].partition(" as ")[0]


def _pictures(info: DatasetInfo, files: list[tuple[str, str]], reason: str) -> None:
    """Draw a page of files: a fragment, so that a click reads no others."""
    pages, page = -(-len(files) // _EACH), 1
    if pages > 1:
        default = int(asked_number("page", 1, pages, 1))
        page = st.pagination(pages, default=default, key=f"left out {info.fingerprint} {reason}")
        keep("page", page, 1)
    here = files[(page - 1) * _EACH : page * _EACH]
    drawn = _drawn(info, tuple(file for file, _ in here))
    seen = [(*each, pixels) for each, pixels in zip(here, drawn, strict=True) if pixels is not None]
    if len(seen) < len(here):
        what = "None of these can" if not seen else f"{len(here) - len(seen)} of these {len(here)} cannot"
        st.caption(f"{what} be shown: there is no picture in it, or it is not at {plain(info.source)} any more.")
    with st.container(horizontal=True, gap="small"):
        for file, why, pixels in seen:
            with st.container(width=_SIDE + 16):
                st.image(pixels, width=_SIDE, alt=f"{file}: {why}", output_format="PNG")
                st.caption(f"{plain(shown_name(file))}  \n{plain(shown_name(why, longest=_LONGEST))}")


def _import(info: DatasetInfo) -> tuple[str, float]:
    """Return what tells an import from another to the same place, whose fingerprint, of what was used, may be this."""
    return info.path, open_folder(info.path).modified("dataset.json")


BY_IMPORT: dict[str | type[Any], Callable[[Any], Any]] = {DatasetInfo: _import}
"""How Streamlit tells descriptions from each other, for what is kept of a dataset."""


@st.cache_data(max_entries=16, show_spinner=False, hash_funcs=BY_IMPORT)
def _files(info: DatasetInfo) -> list[tuple[str, str]]:
    return read_quarantine(info.path)


@st.cache_data(max_entries=64, ttl=600, show_spinner="Looking for them in the source …", hash_funcs=BY_IMPORT)
def _drawn(info: DatasetInfo, files: tuple[str, ...]) -> list[npt.NDArray[np.uint8] | None]:
    return quarantine_pictures(info, files, side=_SIDE)
