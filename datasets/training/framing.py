"""How objects lie in a dataset's images."""

import numpy as np

from datasets.arrow.dataset import Dataset
from datasets.images.framing import MOST, Framing


def framing_of(dataset: Dataset) -> Framing:
    """Say how much of a dataset's images the objects fill, and which crop and size an import would better have.

    As its import found it; of datasets from before that, some of the stored images are measured.
    """
    if dataset.info.framing is not None:
        return dataset.info.framing
    rows = np.sort(np.random.default_rng(1).permutation(len(dataset))[:MOST])
    known = dataset.preprocessing
    return Framing.of(dataset.take(rows), crop=known.crop, source_side=min(known.source_size))
