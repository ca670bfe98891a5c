"""What the benchmarks of the trainer share: a dataset of rendered galaxies, times, lines that are seen at once.

Import it from a script in this folder, which Python puts on the path when it runs the script.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from datasets import ImportOptions, import_dataset, render_sample


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def seconds(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    began = clock()
    work()
    return clock() - began


def rendered_dataset(folder: Path, count: int) -> Path:
    """Render so many galaxies below a folder and import them at 64 × 64 pixels; return where the dataset is."""
    render_sample(folder / "source", count=count, seed=1)
    import_dataset(folder / "source", folder / "dataset", ImportOptions(image_size=64))
    return folder / "dataset"
