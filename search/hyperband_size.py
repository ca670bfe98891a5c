"""How many trials hyperband makes by itself. Needs no Keras Tuner: settings are checked before anything is imported."""

import math

HYPERBAND = "hyperband"
FACTOR = 3


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
