"""What a user may set of the final training: each field is an option of ``galaxy train``."""

from dataclasses import dataclass
from typing import Annotated

from datasets import Option


@dataclass(frozen=True)
class TrainSettings:
    """Which networks are trained, how long, and what becomes of them."""

    top: Annotated[int, Option("How many of the best trials to train.", min=1)] = 1
    seeds: Annotated[int, Option("From how many random beginnings to train each.", min=1)] = 1
    epochs: Annotated[
        int | None, Option("Longest training, in epochs.", default="as in the search, 20 at least", min=1)
    ] = None
    ensemble: Annotated[bool, Option("Average those that are best together, instead of keeping the best one.")] = False
