"""Whether a dataset's images were prepared as those that a model learnt from: read without Keras or TensorFlow."""

import math

from datasets import DatasetInfo, Preprocessing, exactly
from trainer.answering.judging import scale_warning
from trainer.bundles.manifest import Manifest
from trainer.errors import ModelMismatchError


def other_scale(manifest: Manifest, theirs: Preprocessing) -> str | None:
    """Say that galaxies appear to the model at another scale than in its training; None where they do not."""
    ours = manifest.preprocessing
    if scale_warning(ours, theirs.source_size, theirs.crop) is None:
        return None
    learnt, shown = ("×".join(map(str, each.source_size)) for each in (ours, theirs))
    return f"Another scale than in training: images of {shown} pixels, where the model learnt from {learnt}"


def other_stretch(manifest: Manifest, preprocessing: Preprocessing) -> str | None:
    """Say that FITS bands are stretched otherwise than for the model's training; None where they are not."""
    ours, theirs = manifest.preprocessing.stretch, preprocessing.stretch
    if ours == theirs:
        return None
    learnt, shown = ("pictures, not FITS" if each is None else str(each) for each in (ours, theirs))
    way = "" if ours is None or theirs is None else f"; import it with `--stretch-of {manifest.dataset}`"
    return f"Another stretch than in training: {shown}, where the model learnt from {learnt}{way}"


def other_range(manifest: Manifest, preprocessing: Preprocessing) -> str | None:
    """Say that other values of arrays are black and white than in training; None where that is not known."""
    ours, theirs = manifest.preprocessing.value_range, preprocessing.value_range
    if ours is None or theirs is None or ours == theirs:  # pictures have none, and what is evident is not kept
        return None
    learnt, shown = ("–".join(map(exactly, each)) for each in (ours, theirs))
    way = f"import it with `--value-range {','.join(map(exactly, ours))}`"
    return f"Another value range than in training: {shown}, where the model learnt from {learnt}; {way}"


def prepared_otherwise(manifest: Manifest, preprocessing: Preprocessing) -> tuple[str, ...]:
    """Say in what other values a dataset's images are shown to the model than in its training, a line each."""
    said = (other_stretch(manifest, preprocessing), other_range(manifest, preprocessing))
    return tuple(each for each in said if each is not None)


def require_same_preparation(manifest: Manifest, dataset: DatasetInfo, *, model: str) -> None:
    """Raise ModelMismatchError unless a dataset's images are of the size and crop that the ``model`` learnt from."""
    ours, theirs = manifest.preprocessing, dataset.preprocessing
    if ours.image_size != theirs.image_size or not math.isclose(ours.crop, theirs.crop):
        raise ModelMismatchError(
            f"{dataset.path!r} does not fit the model {model!r}: expected image size {ours.image_size} and "
            f"crop {exactly(ours.crop)}, found {theirs.image_size} and {exactly(theirs.crop)}; import it again with "
            f"`--image-size {ours.image_size} --crop {exactly(ours.crop)}`"
        )
