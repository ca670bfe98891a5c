"""How many threads a process may use: as many as its trial has CPUs, no more."""

import os

_POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def limit_threads(cpus: int) -> bool:
    """Bound every thread pool of this process by ``cpus`` (≥ 1): BLAS and OpenMP, OpenCV, Arrow, TensorFlow.

    Call it before TensorFlow runs anything: its pools cannot change afterwards. Harmless when repeated. Returns whether
    TensorFlow's pools have that size; False when it had already started with others.
    """
    if cpus < 1:
        raise ValueError(f"cpus ≥ 1 must hold, but got {cpus}")
    os.environ.update(dict.fromkeys(_POOLS, str(cpus)))
    _limit_loaded_libraries(cpus)
    return _limit_tensorflow(cpus)


def _limit_loaded_libraries(cpus: int) -> None:
    # The variables above are read when a library is loaded; these may have been loaded before.
    import cv2
    import pyarrow
    import threadpoolctl

    threadpoolctl.threadpool_limits(limits=cpus)
    # Images are warped in a thread that runs beside TensorFlow's: it gets no pool of its own.
    cv2.setNumThreads(1)
    pyarrow.set_cpu_count(cpus)


def _limit_tensorflow(cpus: int) -> bool:
    from trainer.frameworks import tf

    threading = tf.config.threading
    try:
        threading.set_intra_op_parallelism_threads(cpus)
        threading.set_inter_op_parallelism_threads(cpus)
    except RuntimeError:  # TensorFlow has started
        pass
    pools = threading.get_intra_op_parallelism_threads(), threading.get_inter_op_parallelism_threads()
    return pools == (cpus, cpus)
