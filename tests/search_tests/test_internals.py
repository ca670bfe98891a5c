"""What is said where a framework lacks a private name that is used."""

import importlib
import random

import keras_tuner
import pytest

from search import SearchError
from search.oracles import keras_tuner_internals


def test_another_keras_tuner_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(keras_tuner.Oracle, "_duplicate")
    with pytest.raises(SearchError, match=r"^Galaxy Tuner was made for Keras Tuner 1\.4\.8, but this is .*_duplicate"):
        importlib.reload(keras_tuner_internals)


def test_the_check_at_import_leaves_the_global_generator_alone() -> None:
    before = random.getstate()
    importlib.reload(keras_tuner_internals)
    assert random.getstate() == before
