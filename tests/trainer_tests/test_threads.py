import subprocess
import sys

import pytest

from trainer import limit_threads

SCRIPT = """
from trainer import limit_threads
assert limit_threads(1) and limit_threads(1)
import os, cv2, pyarrow, threadpoolctl
import tensorflow as tf
assert tf.config.threading.get_intra_op_parallelism_threads() == 1
assert tf.config.threading.get_inter_op_parallelism_threads() == 1
assert os.environ["OMP_NUM_THREADS"] == "1" and cv2.getNumThreads() == 1 and pyarrow.cpu_count() == 1
tf.zeros(1) + 1
assert limit_threads(1) and not limit_threads(2)
print({pool["num_threads"] for pool in threadpoolctl.threadpool_info()})
"""


def test_bounds_every_pool_and_keeps_tensorflow_quiet() -> None:
    ended = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip() in ("{2}", "{1, 2}")  # BLAS follows a later limit, TensorFlow does not
    assert ended.stderr == ""


def test_wants_at_least_one_cpu() -> None:
    with pytest.raises(ValueError, match="cpus ≥ 1 must hold, but got 0"):
        limit_threads(0)
