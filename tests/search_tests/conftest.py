"""A specification, a ledger and an oracle of the real kinds, without a dataset."""

from pathlib import Path

import pytest

from datasets import open_folder
from search import Ledger, SearchLayout, SearchSettings, SearchSpecification


@pytest.fixture
def layout(tmp_path: Path) -> SearchLayout:
    return SearchLayout(open_folder(tmp_path / "runs" / "first"))


@pytest.fixture
def ledger(layout: SearchLayout) -> Ledger:
    return Ledger(layout)


@pytest.fixture
def specification() -> SearchSpecification:
    return SearchSpecification(
        format="galaxy-tuner-search/1",
        settings=SearchSettings(name="first", trials=4, epochs=9, seed=7),
        objective_name="val_macro_f1",
        objective_direction="max",
        dataset="/data/gz.galaxy",
        fingerprint="f" * 64,
        classes=("edge-on", "spiral"),
        image_shape=(64, 64, 3),
        created="2026-01-01T00:00:00.000+00:00",
        versions={},
    )
