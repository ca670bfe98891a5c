"""Models that are loaded, once for all who look and all views: each takes its room in memory, and TensorFlow's."""

from typing import TYPE_CHECKING

import streamlit as st

from datasets import freeze_loaded

if TYPE_CHECKING:
    from trainer import Classifier


@st.cache_resource(max_entries=2, show_spinner="Loading the model …")
def loaded_classifier(location: str, created: str) -> "Classifier":  # noqa: ARG001 - a model trained anew is loaded anew
    """Load the bundle at a place, made at a time; raises as `Classifier.load`."""
    return _framework().load(location)


@st.cache_resource(show_spinner=False)
def _framework() -> "type[Classifier]":
    """Import TensorFlow, and leave it out of the search for garbage after every run, before there is a model."""
    from trainer import Classifier

    freeze_loaded()
    return Classifier
