"""Which scores a model keeps, by operating point and split, and which classes it hardly ever finds."""

from collections.abc import Mapping

from trainer import Decide, Manifest, Scores, lost_classes, parse_scores
from ui import wording

Kept = Mapping[Decide, Mapping[str, Scores]]

TEST = "test"


def kept_scores(manifest: Manifest) -> Kept:
    """Return the scores that a model keeps whole: operating point → split, the test split first → scores.

    Older models may keep less than a table needs: that is left out.
    """
    found = {
        decide: {split: scores for split, each in splits.items() if (scores := parse_scores(each)) is not None}
        for decide, splits in manifest.scored().items()
    }
    return {
        decide: dict(sorted(splits.items(), key=lambda pair: pair[0] != TEST))
        for decide, splits in found.items()
        if splits
    }


def lost_in_words(scores: Scores, *, fair: bool) -> str | None:
    """Say which classes are hardly ever found; None where all are."""
    lost = lost_classes(scores.confusion_matrix, scores.classes)
    if not lost:
        return None
    named = ", ".join(
        f"{each.name} ({wording.percent(each.recall)} of {wording.plural(each.images, 'image')})" for each in lost
    )
    help_ = "" if fair else " Named so as to be “fair to rare classes” it may find more."
    return f"Hardly ever found: {named}. More images of it, more epochs or a closer crop may help.{help_}"
