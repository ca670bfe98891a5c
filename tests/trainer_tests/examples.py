"""What several tests of the trainer need: a manifest, and scripts that run in a process of their own."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from datasets import Dataset
from trainer import BundleMember, Manifest

MEMBER = BundleMember("t1", False, 1, 1, 1, {}, {})


def made_manifest(dataset: Dataset, /, **changes: Any) -> Manifest:
    """Make the manifest of one untrained network for a dataset."""
    known = Manifest(
        classes=dataset.classes,
        preprocessing=dataset.preprocessing,
        dataset="",
        dataset_fingerprint=dataset.fingerprint,
        members=(MEMBER,),
        temperature=1.0,
        seed=1,
        created="",
        versions={},
        metrics={},
    )
    return replace(known, **changes)


def run_script(name: str, *arguments: str | Path) -> str:
    """Run a script of this folder without a GPU, which adds in another order each time; return what it prints."""
    ended = subprocess.run(
        [sys.executable, Path(__file__).with_name(name), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout
