"""What a page shows instead of a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from datasets import GalaxyTunerError
from ui.markup import plain


@contextmanager
def problems_shown() -> Iterator[None]:
    """Show an error that a user can cause as one line in the body's place, and go on after it."""
    try:
        yield
    except GalaxyTunerError as error:
        st.error(plain(str(error)))
