"""What is recorded of how a dataset's bands became pictures. `datasets.images.fits.compositing` does it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Stretch:
    """What makes pictures of bands, the same for all images of a dataset; of three bands red first, or of one, grey.

    Attributes:
        bands: names of the bands, or their places in a file as numbers; empty where they are not known.
        balance: what each band is multiplied by for the colours.
        weights: of the bands in the brightness.
        noise: of each band, in the unit of the pixels.
        stretch, softening: stretch and Q as of astropy.visualization.LuptonAsinhStretch, for the weighted mean.
        unit: of the pixels, as the images name it; empty where they do not.
        own_exposure: whether brightness is relative to the bright parts of each image: where images differ so much that
            one exposure cannot show all.
        noise_range: lowest and highest noise of the weighted mean among the images that it was chosen from.
    """

    bands: tuple[str, ...]
    balance: tuple[float, ...]
    weights: tuple[float, ...]
    noise: tuple[float, ...]
    stretch: float
    softening: float
    unit: str
    noise_range: tuple[float, float]
    own_exposure: bool = False

    def __str__(self) -> str:
        """Say it in one line."""
        names = ", ".join(self.bands) if all(self.bands) else "unnamed"
        noun = f"bands {names} as red, green, blue" if len(self.bands) == 3 else f"band {names} as grey"
        unit = ", each image at its own exposure" if self.own_exposure else f" {self.unit}" if self.unit else ""
        return f"asinh, stretch {self.stretch:.3g}{unit}, Q {self.softening:g}; {noun}"
