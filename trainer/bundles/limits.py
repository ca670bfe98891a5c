"""What a model must not be trusted with, and was never tested on: all that its manifest can say of it."""

from trainer.bundles.manifest import Manifest

_FEW = 100
"""Test images of a class below which its scores are uncertain by several per cent."""


def limit_lines(manifest: Manifest) -> list[str]:
    """Return a sentence a line: what every user should know first."""
    lines = ["Every image gets one of the classes above, also one that shows none of them."]
    if manifest.factors:
        lines.append(
            "The class named is that of the largest probability times its factor (see Thresholds): it need not be the "
            "most probable one."
        )
    lines += ["Labels are taken as right: scores say how often the model agrees with them.", *untested_lines(manifest)]
    if manifest.trust is None:
        lines.append("It cannot say when it is not sure, nor when an image is not like those of the training.")
    return lines


def untested_lines(manifest: Manifest) -> list[str]:
    """Return a sentence a line: what the scores on test images say nothing of, or little."""
    stretch, per_class = manifest.preprocessing.stretch, manifest.metrics.get("test", {}).get("per_class", {})
    support = {name: score["support"] for name, score in per_class.items()}
    absent = [name for name in support if not support[name]]
    rare = [name for name, images in support.items() if 0 < images < _FEW]
    lines = []
    if "test" not in manifest.metrics:
        lines.append("No score on test images is kept: how good it is on new images is not known.")
    lines += [
        "Another survey, depth, seeing or colour scaling is not tested by these scores.",
        "Nor are images that its source gave no label, or none of these classes: they were left out of all splits.",
    ]
    if stretch is not None:
        lines.append("Nor are pictures such as JPEGs: it learnt from FITS bands alone.")
    if absent:
        lines.append(f"No test image: {', '.join(absent)}. Whether it finds these is not known.")
    if rare:
        lines.append(f"Fewer than {_FEW} test images: {', '.join(rare)}. Their scores are uncertain.")
    return lines
