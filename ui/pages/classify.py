"""Classify: choose a model, drop images on the page, and read what it says of them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from datasets import Decoding, GalaxyTunerError, ValueRanges, exactly, few, open_folder
from search import bundle_location, survey_searches
from trainer import INTERIM, Manifest, read_manifest
from ui import wording
from ui.pages import answers, choosing, uploading
from ui.pages.choosing_one import chosen_one
from ui.pages.elements import commands, plain, problems_shown
from ui.pages.loaded import loaded_classifier
from ui.pages.one_answer import Context
from ui.pages.site import Site
from ui.predictions.asking import Asking
from ui.predictions.files import About

if TYPE_CHECKING:
    from trainer import Classifier, Decide

KEY = "model"
"""Of the choice of a model: its name in the URL, that of a search."""
_OTHER = "another path …"
_MAX_ERROR = 2.0
_CROP, _DECIDE, _SETTINGS_OF = "crop", "decide", "settings of"
_MODELS_SECONDS = 5
_LONGEST_RANGE = 60


@dataclass(frozen=True)
class Settings:
    """How images are looked at and answered; None is the model's own way."""

    crop: float
    decide: str | None
    max_error: float | None
    value_range: str | None


def page(site: Site) -> None:
    """Draw the page for the models in the site's storage."""
    st.title("Classify", anchor=False)
    with problems_shown():
        location = _chosen_model(site)
        if location is None:
            return
        manifest = read_manifest(open_folder(location))
        _describe(manifest)
        settings = _settings(manifest, location)
        kept = uploading.visitor()
        uploading.upload_area(kept)
        if not kept.uploads:
            return
        classifier = loaded_classifier(location, manifest.created)
        learnt = manifest.preprocessing
        ranges = ValueRanges(settings.value_range, learnt.value_range)
        decoding = Decoding(settings.crop, learnt.image_size, learnt.stretch, ranges)
        asking = Asking(kept, uploading.reader(), classifier, f"{location} of {manifest.created}", decoding)
        uploading.read_on(asking)
        decide, max_error = _point(classifier, settings)
        for note in asking.notes():
            st.info(plain(note))
        context = Context(
            kept,
            uploading.reader(),
            classifier,
            location,
            decoding,
            About.of(classifier, classifier.point(decide), max_error),
            _take_crop,
        )
        answers.show(context, asking.answers(decide=decide, max_error=max_error))


@st.cache_data(ttl=_MODELS_SECONDS, show_spinner=False)
def models(storage: str) -> dict[str, str]:
    """Return the searches in ``storage`` that have a trained model, with the model's place."""
    places = {view.name: bundle_location(storage, view.name) for view in survey_searches(storage).views}
    return {name: place for name, place in places.items() if open_folder(place).exists()}


def _chosen_model(site: Site) -> str | None:
    """Draw the choice of a model; return its place. Other places are for who serves the page: with `--control`."""
    places = models(site.storage)
    names = [*places, *([_OTHER] if site.control else [])]
    if not places:
        st.info(f"There is no trained model in {plain(site.storage)} yet. Train the winner of a search in a terminal:")
        commands(wording.command_line("train", "NAME", storage=site.storage))
    if not names:
        return None
    # A link from a search names that search; once a model is shown, the URL names the model.
    of_search = st.query_params.get(choosing.KEY)
    chosen = chosen_one("Model", KEY, names, where=f"in {plain(site.storage)}", instead=of_search)
    if chosen == _OTHER:
        return st.text_input("Path of the model", key="path", placeholder="runs/first/model").strip() or None
    return places[chosen]


def _describe(manifest: Manifest) -> None:
    accuracy = manifest.scored().get(manifest.decide, {}).get("test", {}).get("accuracy")
    tested = "" if accuracy is None else f" Right for {wording.percent(accuracy)} of its test images."
    interim = f" {INTERIM}." if manifest.interim else ""
    st.markdown(f"Tells apart {plain(few(manifest.classes, most=20))}.{tested}{interim}")


def _settings(manifest: Manifest, location: str) -> Settings:
    """Draw the settings; they are in the URL, but for what is the model's own."""
    trained, points = manifest.preprocessing.crop, [str(point) for point in manifest.points()]
    own_range = manifest.preprocessing.value_range
    before = st.session_state.get(_SETTINGS_OF)
    if before not in {None, location}:  # another model has been chosen: it has its own crop and rule
        st.session_state[_CROP], st.session_state[_DECIDE] = trained, str(manifest.decide)
    st.session_state[_SETTINGS_OF] = location
    with st.expander("Settings", icon=":material/tune:"):
        left, middle, right, last = st.columns(4)
        crop = left.number_input(
            "Crop",
            min_value=0.01,
            max_value=1.0,
            value=trained,
            step=0.05,
            format="%.3f",
            key=_CROP,
            bind="query-params",
            help="Central part of each image to look at; 1 is all of it. A warning names the one that suits an image.",
        )
        decide = middle.selectbox(
            "Which class is named",
            points,
            index=points.index(str(manifest.decide)),
            format_func=lambda point: wording.point(point, manifest.objective),
            key=_DECIDE,
            bind="query-params",
        )
        percent = right.number_input(
            "Wrong among sure ones, at most (%)",
            min_value=0.1,
            max_value=50.0,
            value=_MAX_ERROR,
            step=0.5,
            key="max_error",
            bind="query-params",
            help="The lower, the more often the model says that it is not sure.",
        )
        values = last.text_input(
            "Values of arrays",
            max_chars=_LONGEST_RANGE,
            key="values",
            bind="query-params",
            placeholder="0,65535" if own_range is None else ",".join(map(exactly, own_range)),
            help="The values that are black and white in arrays which are no pictures: LOW,HIGH. The model's own are "
            "those of arrays that fit in them.",
        )
    asked = None if percent == _MAX_ERROR else percent / 100
    return Settings(crop, decide, asked, values.strip() or None)


def _take_crop(crop: float) -> None:
    st.session_state[_CROP] = crop


def _point(classifier: "Classifier", settings: Settings) -> "tuple[Decide | None, float | None]":
    """Return how to decide; what the model cannot promise is said, and not asked of it."""
    from trainer import Decide

    decide = None if settings.decide is None else Decide(settings.decide)
    try:
        classifier.answer([], [], crop=1.0, decide=decide, max_error=settings.max_error)
    except GalaxyTunerError as error:
        st.error(plain(str(error)))
        return decide, None
    return decide, settings.max_error
