"""The five classes, and how each is drawn."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from datasets.rendering.edge_on import edge_on
from datasets.rendering.grid import Grid
from datasets.rendering.neighbours import neighbours
from datasets.rendering.observation import photograph
from datasets.rendering.photometry import Light
from datasets.rendering.smooth import smooth
from datasets.rendering.spiral import spiral

Recipe = Callable[[np.random.Generator], tuple[Grid, Light]]


def round_smooth(generator: np.random.Generator) -> tuple[Grid, Light]:
    """Seen as round: axis ratios of 0.8 and more."""
    return smooth(1 - 0.16 * generator.beta(1.2, 2.6), 0.75, generator)


def in_between_smooth(generator: np.random.Generator) -> tuple[Grid, Light]:
    """Elliptical: axis ratios from 0.4 to 0.8, where it meets the round ones."""
    return smooth(0.42 + 0.34 * generator.beta(1.6, 2.0), 0.6, generator)


def cigar_smooth(generator: np.random.Generator) -> tuple[Grid, Light]:
    """As elongated as an edge-on disc, but with neither a bulge nor a thin plane."""
    return smooth(generator.uniform(0.15, 0.31), 0.35, generator)


KINDS: dict[str, Recipe] = {
    "completely round smooth": round_smooth,
    "In between smooth": in_between_smooth,
    "Cigar-shaped smooth": cigar_smooth,
    "edge-on": edge_on,
    "spiral": spiral,
}
"""Class names as the folders of the real data spell them, and their recipes."""


def render(kind: str, generator: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Render one galaxy of a class: uint8, (128, 128, 3), red, green, blue."""
    grid, light = KINDS[kind](generator)
    return photograph(light + neighbours(grid, generator), grid, generator)
