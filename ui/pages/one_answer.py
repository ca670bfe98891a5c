"""One image with all that a model says of it: the verdict first, then numbers, and what they rest on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import streamlit as st

from datasets import DecodedImage, Decoding, UploadReader
from ui import wording
from ui.pages.elements import plain, probability_bars
from ui.predictions.asking import Answer
from ui.predictions.files import About
from ui.predictions.heatmaps import overlay
from ui.predictions.keeping import Place, Visitor
from ui.predictions.verdict import MEANING, Verdict, in_words, verdict_of, without_options

if TYPE_CHECKING:
    from trainer import Classifier

_PICTURE_PIXELS = 256
_OVERRULED = "Not the most probable class: the model gives rare classes a chance, as its search's objective does."
_HEATMAP = "Covering the orange parts makes this class less probable, covering the blue ones more."
_COVERING = "Covering parts of the image …"
_NO_CLASS = "not said"


@dataclass(frozen=True)
class Context:
    """What answers on a page are of: whose uploads, which model, how it looked, and what is said of its answers."""

    kept: Visitor
    reader: UploadReader
    classifier: "Classifier"
    model: str
    decoding: Decoding
    about: About
    take_crop: Callable[[float], None]

    def right(self, answer: Answer) -> str | None:
        """Return the class that the visitor says an image is of; None where nothing is said."""
        return None if answer.place is None else self.kept.right.get(answer.place)

    def advised(self, answer: Answer) -> float | None:
        """Return the crop that would show an image at the scale of training; None where the present one does."""
        from trainer import advised_crop

        if answer.image is None:
            return None
        crop = advised_crop(self.classifier.bundle.manifest.preprocessing, answer.image.source_size)
        return None if crop is None or abs(crop - self.decoding.crop) <= 0.02 * crop else crop

    def offer_crop(self, place: object, crop: float, label: str) -> None:
        """Draw the click that takes an advised crop, for all images."""
        clicked = place.button(  # type: ignore[attr-defined]  # st itself, or a part of the page
            label, icon=":material/crop:", key=f"crop {crop:g} of {label}", on_click=self.take_crop, args=(crop,)
        )
        if clicked:
            st.rerun()


def card(context: Context, answer: Answer) -> None:
    """Draw one image's answer."""
    prediction, verdict = answer.prediction, verdict_of(answer.prediction)
    with st.container(border=True):
        left, right = st.columns([1, 3])
        if answer.place is not None and answer.image is not None:
            left.image(_picture(context, answer.place, answer.image), alt=f"{prediction.path}: {in_words(prediction)}")
        right.subheader(plain(in_words(prediction)), anchor=False, help=MEANING[verdict])
        right.markdown(plain(prediction.path))
        if prediction.probabilities is None or prediction.class_name is None:
            right.error(plain(without_options(prediction.error or "")))
            return
        crop = context.advised(answer)
        for warning in prediction.warnings:
            right.warning(plain(without_options(warning)))
        if crop is not None:
            context.offer_crop(
                right, crop, f"Look at the central {wording.percent(crop)}, at the scale of the training images"
            )
        if prediction.is_overruled:
            right.info(_OVERRULED, icon=":material/balance:")
        if prediction.seen:
            right.info("The model was trained or chosen on this image: its answer is no test of it.")
        right.html(probability_bars(prediction.probabilities, prediction.class_name))
        with right:
            if answer.place is not None:
                right_class(context, (answer.place,), "Its right class, if you know it")
            if verdict is not Verdict.UNUSABLE and st.toggle("What it rests on", key=f"heat {answer.place}"):
                _heatmap(context, answer)


def right_class(context: Context, places: Sequence[Place], label: str) -> None:
    """Let the visitor say which class images are of."""
    options = [_NO_CLASS, *context.classifier.classes]
    said = {context.kept.right.get(place) for place in places}
    now = said.pop() if len(said) == 1 else None
    key = f"right {hash(tuple(places))}"
    st.selectbox(
        label,
        options,
        index=options.index(now) if now in options else 0,
        key=key,
        on_change=_say,
        args=(context.kept, tuple(places), key),
    )


def _say(kept: Visitor, places: Sequence[Place], key: str) -> None:
    for place in places:
        if st.session_state[key] == _NO_CLASS:
            kept.right.pop(place, None)
        else:
            kept.right[place] = st.session_state[key]


def _picture(context: Context, place: Place, image: DecodedImage) -> npt.NDArray[np.uint8]:
    """Return an image larger than the model sees it; as the model does where it cannot be read again."""
    larger = replace(context.decoding, image_size=_PICTURE_PIXELS)
    kept = context.kept.pictures.get((place, larger))
    if kept is not None:
        return kept
    upload = next(each for each in context.kept.uploads if each.digest == place[0])
    read = context.reader.read([(upload, place[1])], larger)[0]
    return context.kept.keep_picture((place, larger), read.pixels if isinstance(read, DecodedImage) else image.pixels)


def _heatmap(context: Context, answer: Answer) -> None:
    prediction, image = answer.prediction, answer.image
    assert image is not None
    assert prediction.class_name is not None
    key = (answer.place, context.decoding, context.model, prediction.class_name)
    drawn = context.kept.pictures.get(key)
    if drawn is None:
        bar = st.progress(0.0, text=_COVERING)

        def progress(done: int, total: int | None) -> None:
            bar.progress(done / (total or done), text=_COVERING)

        heat = context.classifier.heatmap(image.pixels, prediction.class_name, progress=progress)
        bar.empty()
        drawn = context.kept.keep_picture(key, overlay(image.pixels, heat))
    name = wording.line(prediction.class_name)
    st.image(drawn, alt=f"The image, and beside it with what speaks for {name} in orange, against it in blue")
    st.markdown(_HEATMAP)
