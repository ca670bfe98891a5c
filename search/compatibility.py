"""Which oracle goes with which scheduler. Needs no Keras Tuner: settings are checked before anything is imported."""

from collections.abc import Mapping

from search.errors import SettingsError
from search.hyperband_size import HYPERBAND

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


def _schedulers(oracle: str) -> tuple[str, ...]:
    # A name that is none is refused where the oracle is made, with the names that are.
    return PAIRS.get(oracle, PAIRS[_OWN])
