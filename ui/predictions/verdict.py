"""What an answer amounts to, in a few words, before any number."""

import re
from enum import StrEnum

from ui.predictions.prediction import Prediction
from ui.wording import percent

_NOTHING = "nothing to see"
_CROP = re.compile(r"for an equal pixel scale use --crop ([\d.]+)")


class Verdict(StrEnum):
    """What a person may make of an answer, from the best to none at all."""

    SURE = "sure"
    LIKELY = "likely"
    UNSURE = "not sure"
    UNLIKE = "not like the training images"
    NONE = "none of these"
    NOTHING = _NOTHING
    UNUSABLE = "cannot be used"


MEANING = {
    Verdict.SURE: "The model is sure: of such answers no more are wrong than was asked for.",
    Verdict.LIKELY: "The most likely class; this model has too few validation images to promise how often it is right.",
    Verdict.UNSURE: "The model is not sure: look at the image yourself.",
    Verdict.UNLIKE: "The image is not like those that the model was trained on: its answer means little.",
    Verdict.NONE: "The model takes the galaxy for none of its classes: it looks to it like those of no class.",
    Verdict.NOTHING: "There is nothing on the image.",
    Verdict.UNUSABLE: "The file cannot be used.",
}


def verdict_of(prediction: Prediction) -> Verdict:
    """Return what an answer amounts to."""
    if prediction.class_name is None:
        return Verdict.NOTHING if (prediction.error or "").startswith(_NOTHING) else Verdict.UNUSABLE
    if prediction.novelty is not None and prediction.novelty > 1:
        return Verdict.UNLIKE
    if prediction.none is not None and prediction.none > 1:
        return Verdict.NONE
    if prediction.sure is None:
        return Verdict.LIKELY
    return Verdict.SURE if prediction.sure else Verdict.UNSURE


def in_words(prediction: Prediction) -> str:
    """Write the verdict with the classes that it is on: ``Sure: spiral``, ``Not sure: edge-on or spiral``."""
    verdict, name = verdict_of(prediction), prediction.class_name
    if verdict in {Verdict.SURE, Verdict.LIKELY}:
        return f"{verdict.capitalize()}: {name}"
    if verdict is Verdict.UNSURE:
        return f"Not sure: {' or '.join([name or '', *(other for other, _ in prediction.others[:1])])}"
    if verdict is Verdict.NONE:
        return f"None of these, most like {name}"
    return verdict.capitalize()


def without_options(text: str) -> str:
    """Write a warning or reason for who has no command line: options become the page's settings."""
    text = _CROP.sub(lambda said: f"for an equal pixel scale look at the central {percent(float(said[1]))}", text)
    text = text.replace("no --crop can make", "no crop can make")
    return text.replace("with --value-range LOW,HIGH", "in Settings, “Values of arrays”").replace(
        "that --value-range states", "that Settings state"
    )
