"""The stretch of a source's FITS images, chosen from some of them before the import begins."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import numpy as np

from datasets.arrow.dataset import read_info
from datasets.errors import FormatError, ImageError, SourceError
from datasets.images.fits.names import is_fits
from datasets.images.fits.stretch import Stretch
from datasets.images.fits.stretching import Sample, choose_stretch
from datasets.images.preparing import bands_in
from datasets.importing.options import ImportOptions
from datasets.sources.listing import Item
from datasets.storage.folders import open_folder
from datasets.wording import few

_MOST = 128
"""Images that a stretch is chosen from: with more it hardly changes, and a large source is not read twice."""
_PROBED = 4
"""Images that are read where no name is one of FITS, to see whether they hold bands nevertheless."""
_THREADS = 4


def stretch_for(items: Sequence[Item], options: ImportOptions) -> Stretch | None:
    """Choose the stretch for a source; None where it holds no bands, or none that can be used.

    Raises SourceError or StorageError where bands or the stretch of another dataset are asked for that there are not.
    """
    named = [item for item in items if is_fits(item.id)]
    if not named and not any(_samples(items, options, _PROBED)):
        asked = [name for name in ("bands", "stretch_of") if getattr(options, name) is not None]
        if asked:
            raise SourceError(
                f"--{asked[0].replace('_', '-')} is for FITS, and no image of the source is: leave it out"
            )
        return None
    if options.stretch_of is not None:
        return _stretch_of(options.stretch_of)
    samples = _samples(named or items, options, _MOST)
    having = [sample for sample in samples if sample.has(options.wanted_bands)]
    if samples and not having:
        found = few(list(dict.fromkeys(_said(sample.names) for sample in samples)), most=3)
        raise SourceError(f"no FITS image has the bands {options.bands}: found {found}; places count from 0")
    return choose_stretch(having, options.wanted_bands)


def _said(names: Sequence[str]) -> str:
    return " ".join(names) if all(names) else f"{len(names)} without names"


def _stretch_of(place: str) -> Stretch:
    try:
        stretch = read_info(open_folder(place)).preprocessing.stretch
    except FormatError as error:
        raise SourceError(f"there is no stretch to take: {error}") from error
    if stretch is None:
        raise SourceError(f"'{place}' has no stretch to take: it was not made of FITS, or by an older version")
    return stretch


def _samples(items: Sequence[Item], options: ImportOptions, count: int) -> list[Sample]:
    """Read some images, the same ones for a seed; those that cannot be read, or have no bands, are passed over."""
    drawn = np.random.default_rng(options.seed).permutation(len(items))[:count]

    def sample(number: int) -> list[Sample]:
        try:
            bands = bands_in(items[number].read())
            return [] if bands is None else [Sample(bands, crop=options.crop, image_size=options.image_size)]
        except ImageError:
            return []

    with ThreadPoolExecutor(_THREADS, thread_name_prefix="stretch") as pool:
        return list(chain.from_iterable(pool.map(sample, sorted(drawn))))
