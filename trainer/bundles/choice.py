"""What a bundle says of how it was chosen: what that was worth, and what to expect of new images."""

from trainer.bundles.manifest import Manifest
from trainer.estimating.estimate import FEW, Estimate


def choice_lines(manifest: Manifest) -> list[str]:
    """Return a sentence a line, without full stops: what the search was worth, and the macro F1 on new images.

    The latter is that of the test split, with its interval, at the bundle's own operating point. Where the split has
    under `FEW` images of a class, what the beginnings answered for images they had not seen is beside it, or that they
    had too few to tell.
    """
    worth = (
        [] if manifest.worth is None else [f"The chosen configuration is {_as_predicate(manifest.worth['sentence'])}"]
    )
    return [*worth, *_of_new_images(manifest)]


def _as_predicate(sentence: str) -> str:
    """Say `Worth.sentence` of the chosen configuration."""
    return sentence.replace("the space's defaults are the best that was found", "the space's defaults, the best found")


def _of_new_images(manifest: Manifest) -> list[str]:
    scores = manifest.scored().get(manifest.decide, {}).get("test", {})
    lines, fewest = [], 0
    if scores.get("macro_f1_interval"):
        shown = Estimate(scores["macro"]["f1"], *scores["macro_f1_interval"])
        fewest = min(score["support"] for score in scores["per_class"].values())
        images = {0: "no image", 1: "1 image"}.get(fewest, f"{fewest} images")
        little = f"; with {images} of a class that says little" if fewest < FEW else ""
        lines.append(f"Macro F1 on new images, by the test split: {shown}{little}")
    if manifest.corrected is not None:
        shown = Estimate(*(manifest.corrected[name] for name in ("value", "low", "high")))
        lines.append(
            f"Macro F1 on new images, by the beginnings' answers for images they had not seen: {shown}, corrected for "
            "the choice among finalists, not for the first choice among trials"
        )
    elif manifest.beginnings and fewest < FEW:
        lines.append(
            "Macro F1 on new images cannot be told from the beginnings' answers: of a class there was one image that "
            "they had not seen, or none"
        )
    return lines
