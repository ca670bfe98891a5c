"""Which oracle goes with which scheduler, and how many trials hyperband makes by itself.

Needs no Keras Tuner: settings are checked before anything is imported.
"""

import math
from collections.abc import Mapping

from search.errors import SettingsError

HYPERBAND = "hyperband"
FACTOR = 3
SCHEDULERS = ("asha", "median", "none")
_OWN = "module:factory"
# Oracle → its schedulers, the default first. Hyperband decides by itself how long a trial trains: what stops trials
# earlier would take away what it promotes.
PAIRS: Mapping[str, tuple[str, ...]] = {
    "tpe": SCHEDULERS,
    "bayesian": SCHEDULERS,
    "random": SCHEDULERS,
    "grid": SCHEDULERS,
    HYPERBAND: ("none",),
    _OWN: SCHEDULERS,
}

ORACLES = tuple(name for name in PAIRS if name != _OWN)
"""Those that have a name."""


def default_scheduler(oracle: str) -> str:
    """Return the scheduler that a search by ``oracle`` has where none is named."""
    return _schedulers(oracle)[0]


def check_compatible(oracle: str, scheduler: str, *, patience: int | None) -> None:
    """Raise SettingsError, one line, if ``oracle`` does not go with ``scheduler`` or with early stopping."""
    if scheduler not in _schedulers(oracle):
        raise SettingsError(
            f"--scheduler {scheduler} does not go with --oracle {oracle}, which stops weak trials by itself: "
            "leave --scheduler out, or choose another oracle"
        )
    if oracle == HYPERBAND and patience is not None:
        raise SettingsError(
            f"--patience {patience} does not go with --oracle {HYPERBAND}, which says how long each trial trains: "
            "leave --patience out, or choose another oracle"
        )


def hyperband_trials(max_epochs: int) -> int:
    """Return how many trials `keras_tuner.oracles.HyperbandOracle` makes: one iteration, reduction factor 3.

    Li et al., Hyperband (2018), with Keras Tuner's sizes: bracket ``b`` has rounds 0 to ``b``, and round ``r`` has
    ⌈last / (b + 1) · 3^(b - r)⌉ trials, where ``last`` = ⌈1 + log₃(max_epochs)⌉.
    """
    last, total, bracket = math.ceil(1 + math.log(max_epochs, FACTOR)), 0, 0
    epochs = float(max_epochs)
    while epochs >= 1:
        total += sum(math.ceil(last / (bracket + 1) * FACTOR ** (bracket - r)) for r in range(bracket + 1))
        epochs, bracket = epochs / FACTOR, bracket + 1
    return total


def _schedulers(oracle: str) -> tuple[str, ...]:
    # A name that is none is refused where the oracle is made, with the names that are.
    return PAIRS.get(oracle, PAIRS[_OWN])
