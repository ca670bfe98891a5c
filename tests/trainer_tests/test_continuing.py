from pathlib import Path

import pytest
from trainer_tests.examples import run_script

from datasets import Dataset


@pytest.mark.slow
def test_a_continued_or_promoted_training_equals_an_uninterrupted_one_bit_for_bit(
    uneven_dataset: Dataset, tmp_path: Path
) -> None:
    assert run_script("continued_training.py", uneven_dataset.info.path, tmp_path).split() == []
