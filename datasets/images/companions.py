"""Files that belong to an image beside them and are none of the sky: masks, segmentations, weights, errors."""

import re
from collections.abc import Iterable, Iterator

from datasets.images.fits.names import is_fits, plain_stem

_WORDS = "masks?|segm?|segmentation|segmap|ground_?truth|gt|wht|weights?|ivar|psf|dq"
_OF_FITS = "invvar|maskbits|wt|rms|err|errors?|unc|sigma|var|variance|flags?|exp|ctx|model|resid|residuals?|chi2?|bkg"
"""Further words that name what surveys have beside an image."""
_WORD = re.compile(rf"(?:\A|[ _.-]+)({_WORDS})(?![A-Za-z0-9])", re.IGNORECASE)
_WORD_OF_FITS = re.compile(rf"(?:\A|[ _.-]+)({_WORDS}|{_OF_FITS})(?![A-Za-z0-9])", re.IGNORECASE)
_MARK = re.compile(rf"(?<![A-Za-z0-9])(?:{_WORDS}|{_OF_FITS})(?![A-Za-z0-9])", re.IGNORECASE)
_NUMBER = re.compile(r"[ _-]?\d+")
_IMAGES = ("image", "images", "img", "sci", "drz", "drc")
"""What stands in the name of the image where its companion has another word."""


COMPANION_FOLDERS = frozenset(
    {"mask", "masks", "segmentation", "segmentations", "thumbs", "thumbnails", "previews", "weights", "annotations"}
)
"""Names of folders, in small letters, of what there is for images beside them."""


def companions(names: Iterable[str]) -> set[str]:
    """Return those of some paths that are named for an image in the same folder.

    ``7_mask.png`` is for ``7.png``, ``a_wht.fits`` for ``a_sci.fits``, ``b-invvar-r.fits`` for ``b-image-r.fits``.
    """
    known = list(names)
    marked = [name for name in known if _MARK.search(name)]
    there = {plain_stem(name).lower() for name in known} if marked else set()
    return {name for name in marked if not there.isdisjoint(_images_of(plain_stem(name), is_fits(name)))}


def _images_of(stem: str, of_fits: bool) -> Iterator[str]:
    """Yield what an image would be called, in small letters, that a file of this name belongs to."""
    folder = stem.rfind("/") + 1
    stem, above = stem[folder:].lower(), stem[:folder].lower()
    for word in (_WORD_OF_FITS if of_fits else _WORD).finditer(stem):
        before, behind = stem[: word.start()], stem[word.end() :]
        if before:
            yield f"{above}{before}{behind}"
            if _NUMBER.fullmatch(behind):
                yield above + before
        yield from (f"{above}{stem[: word.start(1)]}{image}{behind}" for image in _IMAGES)
