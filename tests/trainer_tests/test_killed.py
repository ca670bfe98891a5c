import os
import subprocess
import sys
from pathlib import Path

import pytest

from datasets import Dataset


@pytest.mark.slow
def test_killed_again_and_again_a_final_training_goes_on_and_its_bundle_is_whole_or_absent(
    tiny_dataset: Dataset, tmp_path: Path
) -> None:
    script = Path(__file__).with_name("killed_training.py")
    ended = subprocess.run(
        [sys.executable, script, tiny_dataset.info.path, tmp_path],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},  # a GPU adds in another order each time
    )
    assert ended.returncode == 0, ended.stderr
    kills, *problems = ended.stdout.splitlines()
    assert int(kills.removesuffix(" kills")) >= 5  # at files at least
    assert problems == []
