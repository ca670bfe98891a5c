"""Datasets of several files, and folders that hold a copy of one, for the tests of remote datasets."""

import subprocess
import sys
from pathlib import Path

from datasets import Folder

OPEN = """
import sys
from datasets import Dataset
print(Dataset.open(sys.argv[1]).take([0, -1 + 100]).sum(), flush=True)
"""
IMPORT = """
import sys
import datasets.arrow.shard_files
from datasets import ImportOptions, import_dataset
datasets.arrow.shard_files.BYTES_PER_SHARD = 7 * 8 * 8 * 3
import_dataset(sys.argv[1], sys.argv[2], ImportOptions(image_size=8))
"""


def upload(dataset: Path, folder: Folder) -> str:
    """Copy a local dataset to a remote folder and return its URI."""
    for path in sorted(dataset.iterdir()):
        folder.write_whole(path.name, path.read_bytes())
    return folder.uri


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    """Run one of the scripts in a process of its own."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
