"""Models that are loaded, once for all who look and all views: each takes its room in memory, and TensorFlow's."""

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from trainer import Classifier


@st.cache_resource(max_entries=2, show_spinner="Loading the model …")
def loaded_classifier(location: str, created: str) -> "Classifier":  # noqa: ARG001 - a model trained anew is loaded anew
    """Load the bundle at a place, made at a time; raises as `Classifier.load`."""
    from trainer import Classifier

    return Classifier.load(location)
