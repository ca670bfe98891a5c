"""Workers that grow past their limit are replaced, and no trial suffers from it."""

import os
from pathlib import Path

import numpy as np
import pytest
from cluster_tests.test_launch import built, settings

from cluster import run_search
from cluster.workers.memory_growth import MemoryGrowth, MemoryGrowthError, resident_bytes
from datasets import Dataset


def test_a_worker_is_measured_against_what_it_was_after_its_first_trials() -> None:
    sizes = iter([100, 124, 126])
    growth = MemoryGrowth(lambda: next(sizes))
    for _ in range(5):  # while TensorFlow fills its pools nothing is looked at
        growth.check()
    growth.check()
    growth.check()
    with pytest.raises(MemoryGrowthError, match="memory limit"):
        growth.check()


def test_the_resident_size_is_what_the_process_holds() -> None:
    before = resident_bytes()
    held = np.ones(100 * 2**20, np.uint8)
    assert 90 * 2**20 < resident_bytes() - before < 200 * 2**20
    del held


@pytest.mark.slow
def test_a_worn_worker_is_replaced_its_trial_runs_elsewhere_once_and_counts_no_failure(
    tiny_dataset: Dataset, here: Path
) -> None:
    asked = settings(trials=8, epochs=1, concurrency=1, max_failures=0, hypermodel="my_models:leaking", oracle="random")
    view = run_search(tiny_dataset.info.path, asked)
    assert view.counts == {"completed": 8}
    processes = [process for process, _ in built(here) if process != str(os.getpid())]
    assert [processes.count(process) for process in dict.fromkeys(processes)] == [6, 2]
    assert len({units for process, units in built(here) if process != str(os.getpid())}) == 8
