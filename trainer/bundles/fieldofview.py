"""Whether an image shows as much sky as the images that the model learnt from."""

from datasets import Preprocessing

_TOLERANCE = 0.02
"""Relative difference of scale that is not worth a warning; training itself varies the scale by more."""


def scale_warning(preprocessing: Preprocessing, source_size: tuple[int, int], crop: float) -> str | None:
    """Return a warning where a galaxy would appear at another scale than in training, else None.

    Sizes are compared in source pixels: those of the same camera and survey cover the same angle of sky.

    Args:
        preprocessing: Of the training images.
        source_size: (height, width) of the image before its crop.
        crop: Fraction of its shorter side that is looked at.
    """
    learnt = preprocessing.crop * min(preprocessing.source_size)
    side = min(source_size)
    if abs(crop * side - learnt) <= _TOLERANCE * learnt:
        return None
    height, width = source_size
    found = f"{height}×{width} pixels, of which the central {crop * side:.0f} are looked at"
    if learnt > side:
        return (
            f"{found}: the model learnt from {learnt:.0f}, so the galaxy looks larger to it than those; "
            "no --crop can make the pixel scale equal, take a larger cut-out"
        )
    return f"{found}: the model learnt from {learnt:.0f}; for an equal pixel scale use --crop {learnt / side:.3f}"
