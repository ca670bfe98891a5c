"""Keeping Optuna's remarks out of the terminal."""

import contextlib
import warnings
from collections.abc import Iterator

import optuna
from optuna.exceptions import ExperimentalWarning


@contextlib.contextmanager
def quiet_optuna() -> Iterator[None]:
    """Leave out that groups are experimental, and that a study was made; Optuna's own settings stay as they were."""
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Argument ``group`` is an experimental feature", ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(verbosity)
