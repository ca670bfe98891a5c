"""How objects lie in a source's images, found from some of them before time is spent on all."""

from collections.abc import Sequence

import numpy as np

from datasets.images.decoded import decode_read
from datasets.images.framing import MOST, SIDE, Framing
from datasets.importing.options import ImportOptions
from datasets.sources.listing import Item


def framing_of_source(items: Sequence[Item], options: ImportOptions) -> Framing:
    """Measure some images of a source as they will be cropped, the same ones for a seed; unusable ones are passed over.

    Of FITS bands pictures are made without the dataset's stretch, which takes longer to choose.
    """
    drawn = np.random.default_rng(options.seed).permutation(len(items))[:MOST]

    # One after another: arrays are read in slices, each of which has several of the images.
    reads = (items[number].read for number in sorted(drawn))
    decoded = (decode_read(read, crop=options.crop, image_size=SIDE).image for read in reads)
    images = [image for image in decoded if image is not None]
    side = float(np.median([min(image.source_size) for image in images])) if images else 0.0
    return Framing.of([image.pixels for image in images], crop=options.crop, source_side=side)
