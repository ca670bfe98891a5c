from pathlib import Path

import pytest
from trainer_tests.examples import run_script

from datasets import Dataset


@pytest.mark.slow
def test_killed_again_and_again_a_final_training_goes_on_and_its_bundle_is_whole_or_absent(
    tiny_dataset: Dataset, tmp_path: Path
) -> None:
    kills, *problems = run_script("killed_training.py", tiny_dataset.info.path, tmp_path).splitlines()
    assert int(kills.removesuffix(" kills")) >= 5  # at files at least
    assert problems == []
