"""The number format in which a model computes while it trains (mixed precision).

In bfloat16 (8 bits of mantissa, the range of float32; weights, statistics and the optimizer stay float32) convolutions
are several times as fast where the processor has instructions for it, and many times slower where it has not.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from trainer.errors import InfeasibleError
from trainer.frameworks import keras, tf
from trainer.options import Precision

_CPU_INSTRUCTIONS = frozenset({"amx_bf16", "avx512_bf16"})
_GPU_GENERATION = (8, 0)
"""The first compute capability of NVIDIA's with bfloat16 (Ampere)."""


@contextmanager
def computing_in(precision: Precision) -> Iterator[None]:
    """Let layers that are made in the block, and name no format of their own, compute in ``precision``.

    ``auto`` is bfloat16 where this machine is faster with it. Raises InfeasibleError where the block has undone that.
    """
    fast = precision == "bfloat16" or (precision == "auto" and _has_bfloat16())
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if fast else "float32")
    try:
        yield
        if fast and keras.config.dtype_policy().name != "mixed_bfloat16":
            raise InfeasibleError(
                f"the precision asked for, {precision}, was undone while the model was built, by clear_session or "
                "set_dtype_policy: take that out of build, which begins with a blank session anyway"
            )
    finally:
        keras.config.set_dtype_policy(before)


@cache
def _has_bfloat16() -> bool:
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        capability = tf.config.experimental.get_device_details(gpus[0]).get("compute_capability", (0, 0))
        return bool(capability >= _GPU_GENERATION)
    return bool(_CPU_INSTRUCTIONS & _cpu_flags())


def _cpu_flags() -> set[str]:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # another system than Linux: nobody says
        return set()
    return next((set(line.split()) for line in lines if line.startswith("flags")), set())
