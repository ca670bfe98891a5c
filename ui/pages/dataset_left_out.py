"""Of a dataset's view: the files that its import could not use, with the reason of each."""

from collections import Counter

import streamlit as st

from datasets import DatasetInfo, read_quarantine
from ui import wording

_SHOWN = 1_000


def draw(info: DatasetInfo) -> None:
    """Draw the quarantine: how often each reason, then the files."""
    if info.left_out:
        st.caption(f"{wording.plural(info.left_out, 'image')} of the source belong to no class that was asked for.")
    files = _files(info.path, info.fingerprint)
    if not files:
        st.success("Every file of the source could be used.")
        return
    reasons = Counter(reason.partition(":")[0] for _, reason in files)
    st.markdown(f"**{wording.plural(len(files), 'file')}** of the source could not be used:")
    st.dataframe(
        [{"reason": reason, "files": count} for reason, count in reasons.most_common()],
        hide_index=True,
        alt="How many files were left out for each reason",
    )
    if len(files) > _SHOWN:
        st.caption(f"The first {_SHOWN:,} of {len(files):,}; quarantine.csv in the dataset's folder has all.")
    st.dataframe(
        [{"file": file, "reason": reason} for file, reason in files[:_SHOWN]],
        hide_index=True,
        alt="The files that were left out, and why",
    )


@st.cache_data(max_entries=16, show_spinner=False)
def _files(location: str, fingerprint: str) -> list[tuple[str, str]]:  # noqa: ARG001 - imported anew it is read anew
    return read_quarantine(location)
