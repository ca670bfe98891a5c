import os
import subprocess
import sys
from pathlib import Path

import pytest

from datasets import Dataset


@pytest.mark.slow
def test_a_continued_or_promoted_training_equals_an_uninterrupted_one_bit_for_bit(
    uneven_dataset: Dataset, tmp_path: Path
) -> None:
    script = Path(__file__).with_name("continued_training.py")
    ended = subprocess.run(
        [sys.executable, script, uneven_dataset.info.path, tmp_path],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},  # a GPU adds in another order each time
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split() == []
