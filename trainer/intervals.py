"""How far a share that was counted may be from the true one."""


def wilson(successes: int, count: int) -> tuple[float, float] | None:
    """Return Wilson's 95 % interval (1927) of a share, 0–1; None where nothing was counted."""
    if count == 0:
        return None
    from scipy.stats import binomtest

    found = binomtest(successes, count).proportion_ci(confidence_level=0.95, method="wilson")
    return float(found.low), float(found.high)
