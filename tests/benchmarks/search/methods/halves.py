"""The halves of the recorded configurations: one to choose by, one to report on, once."""

from typing import Literal

Half = Literal["develop", "report", "all"]
HALVES: tuple[Half, ...] = ("develop", "report", "all")


def is_of(half: Half, number: int) -> bool:
    """Say whether a configuration of a number is of a half: the defaults are of both, of each part every other one."""
    # By turns one is drawn from all of the space, and one near the defaults.
    return half == "all" or number == 0 or (number % 4 in (1, 2)) is (half == "develop")
