"""The classify page: pick a model, drop images on it, see the probability of every class."""

from contextlib import suppress
from typing import TYPE_CHECKING

import streamlit as st

from datasets import ImageError, ImageFile, decode, few, open_folder
from search import bundle_location, list_searches
from trainer import INTERIM, read_manifest
from ui import wording
from ui.pages.elements import plain, probability_bars, problems_shown
from ui.pages.site import Site
from ui.predictions.heatmaps import overlay
from ui.predictions.prediction import Prediction, prediction_csv, prediction_table
from ui.predictions.tally import Tally
from ui.predictions.uploads import uploaded_images

if TYPE_CHECKING:
    from trainer import Classifier

_OTHER = "another path …"
_SHOWN_AT_ONCE = 12
_PICTURE_PIXELS = 256
_OVERRULED = "Not the most probable class: the model gives rare classes a chance, as its search's objective does."
_HEATMAP = "Covering the orange parts makes this class less probable, covering the blue ones more."


def page(site: Site) -> None:
    """Draw the page for the models in the site's storage."""
    st.title("Classify", anchor=False)
    with problems_shown():
        model, settings = st.columns([3, 1], vertical_alignment="bottom")
        with model:
            location = _choose(site.storage)
        if location is None:
            return
        classifier = _load(location, _created(location))
        with settings:
            crop = _choose_crop(classifier)
        _describe(classifier)
        uploads = st.file_uploader(
            "Images",
            accept_multiple_files=True,
            help="JPEG, PNG, GIF, TIFF, BMP, WebP or FITS, the galaxy in the middle; also in a zip, a tar or arrays.",
        )
        if uploads:
            with uploaded_images(uploads) as images:
                _answer(classifier, images, crop)


def models(storage: str) -> dict[str, str]:
    """Return the searches in ``storage`` that have a trained model, with the model's place."""
    places = {view.name: bundle_location(storage, view.name) for view in list_searches(storage)}
    return {name: place for name, place in places.items() if open_folder(place).exists()}


def _choose(storage: str) -> str | None:
    places = models(storage)
    if not places:
        st.info(f"There is no trained model in {plain(storage)} yet. Train the winner of a search in a terminal:")
        st.code(wording.command_line("train", "NAME", storage=storage), language="shell")
        return _other_path()
    chosen = st.selectbox("Model", [*places, _OTHER], key="model")
    return _other_path() if chosen == _OTHER else places[chosen]


def _other_path() -> str | None:
    return st.text_input("Path of the model", key="path", placeholder="runs/first/model").strip() or None


def _created(location: str) -> str:
    return read_manifest(open_folder(location)).created


@st.cache_resource(max_entries=2, show_spinner="Loading the model …")
def _load(location: str, created: str) -> "Classifier":  # noqa: ARG001 - a model trained anew is loaded anew
    from trainer import Classifier

    return Classifier.load(location)


def _describe(classifier: "Classifier") -> None:
    manifest = classifier.bundle.manifest
    accuracy = manifest.scored().get(manifest.decide, {}).get("test", {}).get("accuracy")
    tested = "" if accuracy is None else f" Right for {wording.percent(accuracy)} of its test images."
    interim = f" {INTERIM}." if manifest.interim else ""
    st.caption(f"Tells apart {plain(few(manifest.classes, most=20))}.{tested}{interim}")


def _choose_crop(classifier: "Classifier") -> float:
    trained = classifier.bundle.manifest.preprocessing.crop
    return st.number_input(
        "Crop",
        min_value=0.01,
        max_value=1.0,
        value=trained,
        step=0.05,
        format="%.3f",
        help="Central part of each image to look at; 1 is all of it. A warning names the value that suits an image.",
    )


def _answer(classifier: "Classifier", files: list[ImageFile], crop: float) -> None:
    bar = st.progress(0.0, text="Classifying …")
    predictions, tally = [], Tally()
    for answer in classifier.classify(files, crop=crop):
        predictions.append(Prediction.of(answer))
        tally.add(predictions[-1])
        bar.progress(tally.total / len(files), text=f"Classifying … {tally.total} of {len(files)}")
    bar.empty()
    if tally.total > 1:
        for warning, number in tally.warnings.most_common():
            st.warning(f"{wording.plural(number, 'image')}: {plain(warning)}")
    if tally.seen:
        st.info(f"{wording.plural(tally.seen, 'image')}: {wording.SEEN}")
    if tally.total > 1:
        _summary(predictions)
    st.download_button(
        "Download the results as CSV",
        prediction_csv(predictions, classifier.classes, classifier.point(None)),
        file_name="classification.csv",
        mime="text/csv",
        icon=":material/download:",
    )
    for number, (prediction, file) in enumerate(list(zip(predictions, files, strict=True))[: _shown(tally.total)]):
        _card(number, prediction, file, crop, classifier)


def _shown(total: int) -> int:
    if total <= _SHOWN_AT_ONCE:
        return total
    return total if st.toggle(f"Show all {total} images, not only the first {_SHOWN_AT_ONCE}") else _SHOWN_AT_ONCE


def _summary(predictions: list[Prediction]) -> None:
    percent = st.column_config.ProgressColumn("probability", min_value=0.0, max_value=1.0, format="percent")
    st.dataframe(
        prediction_table(predictions),
        hide_index=True,
        placeholder=wording.ABSENT,
        column_config={"probability": percent},
    )


def _card(number: int, prediction: Prediction, file: ImageFile, crop: float, classifier: "Classifier") -> None:
    if prediction.probabilities is None or prediction.class_name is None:
        st.error(plain(f"{prediction.path}: {prediction.error}"))
        return
    with st.container(border=True):
        picture, answer = st.columns([1, 4], vertical_alignment="center")
        stretch = classifier.bundle.manifest.preprocessing.stretch
        with suppress(ImageError):  # at this size there may be nothing to see
            picture.image(decode(file.read(), crop=crop, image_size=_PICTURE_PIXELS, stretch=stretch).pixels)
        answer.markdown(f"**{plain(prediction.class_name)}** · {wording.percent(prediction.probability)}")
        answer.caption(plain(prediction.path))
        for warning in prediction.warnings:
            answer.caption(f":material/warning: {plain(warning)}")
        if prediction.is_overruled:
            answer.caption(":material/balance: " + _OVERRULED)
        answer.html(probability_bars(prediction.probabilities, prediction.class_name))
        if answer.toggle("What it rests on", key=f"heatmap {number}", help=_HEATMAP):
            side = classifier.bundle.manifest.preprocessing.image_size
            pixels = decode(file.read(), crop=crop, image_size=side, stretch=stretch).pixels
            answer.image(overlay(pixels, classifier.heatmap(pixels, prediction.class_name)))
