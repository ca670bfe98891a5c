"""Hashes of the images that a bundle was trained or chosen on, as its file keeps them."""

import io

import numpy as np
import numpy.typing as npt

from datasets import Dataset, Split, row_hashes

Hashes = npt.NDArray[np.uint64]
"""Uint64, (n,), ascending, each once: 64 bits of the SHA-256 of the pixels of an image; see `datasets.row_hashes`."""
_known: dict[str, Hashes] = {}
"""Of the last dataset, by its fingerprint: the interim bundles of a search are of the same."""


def hashes_of_seen(dataset: Dataset, of_no_class: npt.ArrayLike = ()) -> Hashes:
    """Return the hashes of all rows but those for tests, and of some galaxies of no class, by their numbers.

    Networks are trained on the rows or validated on them, and the search was led by the dataset's own validation rows;
    of the others it was learnt what is of no class.
    """
    if dataset.fingerprint not in _known:
        rows = np.concatenate([dataset.rows(split) for split in Split if split is not Split.TEST])
        hashes = np.unique(row_hashes(dataset, rows))
        _known.clear()
        _known[dataset.fingerprint] = hashes
    others = np.asarray(of_no_class, np.int64)
    known = _known[dataset.fingerprint]
    return np.union1d(known, row_hashes(dataset.unlabelled, others)) if len(others) else known


def known_among(hashes: npt.NDArray[np.uint64], known: Hashes) -> npt.NDArray[np.bool_]:
    """Say of each of ``hashes``, (n,), whether it is among the known ones, which may be many more: bool, (n,)."""
    places = np.searchsorted(known, hashes)
    inside = places < len(known)
    inside[inside] = known[places[inside]] == hashes[inside]
    return inside


def packed_hashes(hashes: Hashes) -> bytes:
    """Return hashes as the content of an `.npy` file."""
    stream = io.BytesIO()
    np.save(stream, hashes, allow_pickle=False)
    return stream.getvalue()


def unpacked_hashes(data: bytes) -> Hashes:
    """Read what `packed_hashes` made. Raises ValueError for anything else."""
    hashes = np.load(io.BytesIO(data), allow_pickle=False)
    if hashes.dtype != np.uint64 or hashes.ndim != 1:
        raise ValueError(f"{hashes.dtype} of shape {hashes.shape}, not a row of uint64")
    return np.asarray(hashes)
