"""Of a model's view: how good it is by class, what it takes for what, and whether its probabilities can be believed."""

import streamlit as st

from trainer import Decide, Manifest, Scores
from ui import wording
from ui.figures import scores as figures
from ui.pages.addressed import asked_among, keep
from ui.pages.elements import plain, shown
from ui.report.confusion import confusion_rows
from ui.report.quality import TEST, kept_scores, lost_in_words

_OF_SPLIT = {
    TEST: "On images that it was neither trained nor chosen on: what to expect of new images of the same kind.",
    "validation": "On images that it was chosen by: expect less of new ones.",
}


def draw(manifest: Manifest, decide: Decide) -> None:
    """Draw the scores that the model keeps, of a split."""
    kept = kept_scores(manifest).get(decide, {})
    if not kept:
        st.info("The model keeps no whole scores, as older ones do not: “Surest mistakes” asks it for them.")
        return
    splits = [*kept]
    split = splits[0]
    if len(splits) > 1:
        asked = asked_among("split", splits, splits[0])
        key = f"split {manifest.created}"
        split = st.segmented_control("Images", splits, default=asked, required=True, key=key) or splits[0]
        keep("split", split, splits[0])
    st.caption(_OF_SPLIT.get(split, ""))
    if split == "validation" and manifest.beginnings:
        st.caption("Of one network a configuration at most: those answered an image that were not trained on it.")
    draw_scores(kept[split], fair=manifest.is_fair(decide), key=split)


def draw_scores(scores: Scores, *, fair: bool, key: str) -> None:
    """Draw scores: a class each, confusion, reliability. ``fair`` says that the answers are fair to rare classes."""
    if (lost := lost_in_words(scores, fair=fair)) is not None:
        st.warning(plain(lost))
    recall, precision = figures.recalls(scores), figures.precisions(scores)
    st.subheader("Each class", anchor=False)
    shown(
        figures.intervals(recall, precision),
        alt=f"Points with intervals: recall and precision of each of {len(scores.classes):,} classes",
        says="Recall is the share of a class that is found, precision the share of those named so that are of it. The "
        "line is the 95 % interval: the fewer images, the longer.",
        key=f"classes {key}",
        table=[
            {
                "class": hit.name,
                "recall": _rounded(hit.share),
                "recall from": _rounded(hit.low),
                "recall to": _rounded(hit.high),
                "precision": _rounded(named.share),
                "precision from": _rounded(named.low),
                "precision to": _rounded(named.high),
                "F1": _rounded(scores.per_class[hit.name].f1),
                "images": hit.images,
                "named so": named.images,
            }
            for hit, named in zip(recall, precision, strict=True)
        ],
    )
    st.subheader("What it takes for what", anchor=False)
    shown(
        figures.confusion(scores),
        alt=f"Confusion matrix of {len(scores.classes):,} classes: rows true, columns predicted",
        says="A row is a true class, a column what it was taken for; blue is right, orange wrong, the stronger the "
        "larger its share of the row.",
        key=f"confusion {key}",
        table=confusion_rows(scores),
    )
    if scores.reliability:
        st.subheader("Whether its probabilities can be believed", anchor=False)
        shown(
            figures.reliability(scores.reliability),
            alt="Reliability diagram: share right over the probability of the answer",
            says="On the dotted line an answer of 80 % is right in 80 of 100 cases; below it the model is too sure. "
            "A circle is as large as its number of images: small ones say little. "
            f"The calibration error, {wording.score(scores.ece)}, is the mean distance from it.",
            key=f"reliability {key}",
            table=[
                {
                    "from": _rounded(each.low),
                    "to": _rounded(each.high),
                    "images": each.count,
                    "mean probability": _rounded(each.confidence),
                    "share right": _rounded(each.accuracy),
                }
                for each in scores.reliability
            ],
        )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
