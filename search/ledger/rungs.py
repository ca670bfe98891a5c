"""The rungs of a search: after which epochs its scheduler compares trials and stops the weak ones."""

REDUCTION_FACTOR = 3
"""Of the trials at a rung so many times fewer come to the next, which is so many times as far."""


def grace_epochs(scheduler: str, epochs: int) -> int:
    """Return the epoch of the first rung of trials of at most ``epochs``: a twentieth for ``asha``, else a quarter.

    In replays ``asha`` comes from there on to the best of recorded configurations in fewer epochs than from a tenth or
    a quarter on, on average (`tests/benchmarks/RESULTS.md`, "Ways to search, replayed"). For the median rule, which
    compares after each further epoch, the warm-up must be over.
    """
    return max(1, round(epochs / (20 if scheduler == "asha" else 4)))


def rungs(scheduler: str, epochs: int) -> tuple[int, ...]:
    """Return the epochs, from 1, after which ``scheduler`` stops trials of at most ``epochs``; none for ``none``.

    The median rule compares after every epoch from the first rung on: that one alone is returned.
    """
    first = grace_epochs(scheduler, epochs)
    if scheduler == "none" or first >= epochs:
        return ()
    if scheduler == "median":
        return (first,)
    made = []
    while first < epochs:
        made.append(first)
        first *= REDUCTION_FACTOR
    return tuple(made)
