"""What only one branch of a build does with training: its trials alone bear it."""

from pathlib import Path

import keras
import keras_tuner
import pytest
from cluster_tests.conftest import end_at

from cluster import resume_search, run_search
from datasets import Dataset
from search import SearchSettings, TrialState

KINDS = ["plain", "averaged", "unscored", "odd"]


def build(hp: keras_tuner.HyperParameters) -> keras.Model:
    kind = hp.Choice("kind", KINDS)
    if kind == "odd":
        hp.Fixed("precision", "mixed_float16")
    if kind == "averaged":
        hp.Fixed("weight_averaging", 0.9)
    layers = keras.layers
    model = keras.Sequential([keras.Input((32, 32, 3)), layers.Flatten(), layers.Dense(5, activation="softmax")])
    metrics = [] if kind == "unscored" else [keras.metrics.SparseTopKCategoricalAccuracy(2, name="top2")]
    model.compile("adam", "sparse_categorical_crossentropy", metrics=metrics)
    return model


def test_a_branch_ends_no_search_and_goes_on_with_what_it_met(
    tiny_dataset: Dataset, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"name": "first", "trials": 4, "epochs": 2, "oracle": "random", "scheduler": "none"}
    known |= {"objective": "val_top2:max", "points": [{"kind": kind} for kind in KINDS]}
    end_at(monkeypatch, 3, KeyboardInterrupt())  # the second trial has one epoch of two
    with pytest.raises(KeyboardInterrupt):
        run_search(tiny_dataset.info.path, SearchSettings.model_validate(known), hypermodel=build, address="in-process")
    view = resume_search("first", hypermodel=build, address="in-process")
    plain, averaged, unscored, odd = sorted(view.rows, key=lambda row: row.trial_id)
    assert [row.state for row in (plain, averaged)] == [TrialState.COMPLETED] * 2
    assert averaged.hyperparameters["weight_averaging"] == 0.9
    assert [row.state for row in (odd, unscored)] == [TrialState.INFEASIBLE] * 2
    assert "precision must be one of auto, float32, bfloat16, but got 'mixed_float16'" in (odd.reason or "")
    assert "no metric is named 'val_top2'" in (unscored.reason or "")
