"""What a model must not be trusted with, and was never tested on: all that its manifest can say of it."""

from trainer.bundles.manifest import Manifest
from trainer.scores import share_with_interval

_FEW = 100
"""Test images of a class below which its scores are uncertain by several per cent."""


def limit_lines(manifest: Manifest) -> list[str]:
    """Return a sentence a line: what every user should know first."""
    lines = [_of_none(manifest)]
    if manifest.factors:
        lines.append(
            "The class named is that of the largest probability times its factor (see Thresholds): it need not be the "
            "most probable one."
        )
    lines += ["Labels are taken as right: scores say how often the model agrees with them.", *untested_lines(manifest)]
    if manifest.trust is None:
        lines.append("It cannot say when it is not sure, nor when an image is not like those of the training.")
    return lines


def _of_none(manifest: Manifest) -> str:
    """Say what becomes of a galaxy that belongs to none of the classes."""
    every = "Every image gets one of the classes above, also one that shows none of them"
    record = manifest.none
    if record is None:
        return (
            f"{every}: the model was never shown a galaxy of none of these, or too few, and may be sure of many. "
            "Counts of classes are too high by all such galaxies; `galaxy import` keeps some (`--keep-unlabelled`, "
            "`--unlabelled SOURCE`) for it to learn what is none of these."
        )
    missed = share_with_interval(record.shown - record.caught, record.shown)
    return (
        f"{every}: where `none` is above 1, it is likely none of these. That misses {missed} of such galaxies, so "
        f"counts of classes still hold these.{_without_limit(record.unlimited)}"
    )


def _without_limit(names: tuple[str, ...]) -> str:
    if not names:
        return ""
    return (
        f" Too few validation images are named {', '.join(names)} for a limit: `none` is 0 for all that are named so."
    )


def untested_lines(manifest: Manifest) -> list[str]:
    """Return a sentence a line: what the scores say nothing of, or little."""
    stretch = manifest.preprocessing.stretch
    support, validated = (_images(manifest, split) for split in ("test", "validation"))
    absent, unseen = ([name for name, images in of.items() if not images] for of in (support, validated))
    rare = [name for name, images in support.items() if 0 < images < _FEW]
    lines = []
    if "test" not in manifest.metrics:
        lines.append("No score on test images is kept: how good it is on new images is not known.")
    lines += [
        "Another survey, depth, seeing or colour scaling is not tested by these scores.",
        "Nor are images that its source gave no label, or none of these classes: they were left out of all splits."
        if manifest.none is None
        else "Nor are images that its source gave no label: they were left out of all splits.",
    ]
    if stretch is not None:
        lines.append("Nor are pictures such as JPEGs: it learnt from FITS bands alone.")
    if unseen:
        lines.append(f"No validation image: {', '.join(unseen)}. What was chosen by scores says nothing of these.")
    if absent:
        lines.append(f"No test image: {', '.join(absent)}. Whether it finds these is not known.")
    if rare:
        lines.append(f"Fewer than {_FEW} test images: {', '.join(rare)}. Their scores are uncertain.")
    return lines


def _images(manifest: Manifest, split: str) -> dict[str, int]:
    """Return the number of images of each class that a split's scores are of; nothing where none are kept."""
    per_class = manifest.metrics.get(split, {}).get("per_class", {})
    return {name: score["support"] for name, score in per_class.items()}
