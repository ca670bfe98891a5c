"""A dataset: what it is, how many images each class has, how they look, how training varies them, what was left out."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import streamlit as st

from datasets import Dataset, DatasetInfo, bytes_to_fetch, open_folder
from search import SearchLayout, SearchSpecification, read_specification
from ui import wording
from ui.contents.standing import Standing, standing
from ui.contents.trained import NOTHING, Trained, trained
from ui.pages import dataset_counts, dataset_left_out, dataset_pictures
from ui.pages.choosing import KEY, chosen_search
from ui.pages.choosing_one import chosen_one
from ui.pages.elements import commands, plain, problems_shown, safe
from ui.pages.offers import offers
from ui.pages.site import Site

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

_DATA = "data"
"""The choice of an offered dataset: its name in the URL."""
_OF_SEARCH, _OFFERED = "of a search", "all that are offered"
_PARTS = ("Classes", "Images", "Augmentation", "Left out")
_SECONDS = 30


def page(site: Site) -> None:
    """Draw the page for a search's dataset, or one below the folder that the site was served with."""
    title, choice = st.columns([2, 1], vertical_alignment="bottom")
    title.title("Dataset", anchor=False)
    with problems_shown():
        found, of = _chosen(site, choice)
        if found is None:
            return
        if found.trouble:
            (st.error if found.info is None else st.warning)(plain(found.trouble))
            if found.commands:
                commands(*found.commands)
        if found.info is not None:
            _draw(site, found.info, of)


def _chosen(site: Site, place: "DeltaGenerator") -> tuple[Standing | None, SearchSpecification | None]:
    """Draw the choice; return the dataset, None where there is none to choose, and the search that it is of."""
    asked = st.query_params.get(_DATA)
    if site.data is None:
        if asked is not None:
            st.warning("This page offers no datasets by their names: `galaxy ui --data FOLDER` does.")
    elif _is_offered_wanted(asked, place):
        st.query_params.pop(KEY, None)
        return _offered(site, site.data, place), None
    st.query_params.pop(_DATA, None)
    name = chosen_search(site, place)
    if name is None:
        return None, None
    specification = read_specification(SearchLayout.of(site.storage, name))
    return standing(specification.dataset, specification, storage=site.storage), specification


def _is_offered_wanted(asked: str | None, place: "DeltaGenerator") -> bool:
    at_first = _OF_SEARCH if asked is None else _OFFERED
    which = place.segmented_control(
        "Datasets", [_OF_SEARCH, _OFFERED], default=at_first, required=True, key="which", label_visibility="collapsed"
    )
    return which == _OFFERED


def _offered(site: Site, root: str, place: "DeltaGenerator") -> Standing | None:
    offered = offers(site)
    if not offered:
        st.info(f"There is no dataset below {plain(root)} yet. Make one in a terminal and this page will offer it:")
        commands(wording.command_line("import", "SOURCE", f"{root}/NAME"))
        return None
    chosen = chosen_one("Dataset", _DATA, [*offered], where="that this page offers", place=place)
    return standing(offered[chosen])


def _draw(site: Site, info: DatasetInfo, search: SearchSpecification | None) -> None:
    _headline(info)
    options = NOTHING if search is None else _trained(site.storage, search.settings.name, search.created)
    parts = st.tabs(_PARTS, key="part", bind="query-params")
    for part, drawn in zip(parts, (_classes, _images, _augmentation, _left_out), strict=True):
        if part.open:
            with part:
                drawn(info, options)


def _headline(info: DatasetInfo) -> None:
    side, known = " × ".join(map(str, info.image_size)), info.preprocessing
    facts = {
        "Images": f"{info.total:,}",
        "Classes": f"{len(info.classes):,}",
        "Image size": f"{side} px",
        "Crop": f"{known.crop:.0%} of the side" if known.crop < 1 else "whole image",
        "Left out": f"{info.quarantined + info.left_out:,}",
    }
    if info.unlabelled is not None:
        facts["Of no class"] = f"{info.unlabelled.total:,}"
    with st.container(horizontal=True, gap="medium"):
        for name, value in facts.items():
            st.metric(name, value, width="content")
    source_side = " × ".join(map(str, known.source_size))
    form = f" ({plain(info.source_format)})" if info.source_format else ""
    st.caption(
        f"From {plain(info.source)}{form}, of images of {source_side} px (median). "
        f"Lies at {plain(info.path)}, written {_when(info)}. Fingerprint {info.fingerprint[:12]}…"
    )
    if info.unlabelled is not None:
        images = wording.plural(info.unlabelled.total, "image")
        st.caption(
            f"Beside them {images} of galaxies of none of these classes, in no split and no part of the fingerprint: "
            "from these a model learns what is *none of these*."
        )
    with st.expander("How the source was read, and the whole fingerprint"):
        _provenance(info)


def _provenance(info: DatasetInfo) -> None:
    st.code(info.fingerprint, language=None)
    if (known := info.provenance) is not None:
        lines = [
            f"Recognised by: {known.evidence}",
            f"Labels from {known.labels_from}",
            f"Splits from {known.splits_from}" if known.splits_from else "Splits drawn by the import",
            *known.notes,
        ]
        st.markdown("\n".join(f"- {plain(line)}" for line in lines))
        if known.omitted:
            st.dataframe(
                safe([{"left out": each.what, "images": each.count, "why": each.why} for each in known.omitted]),
                hide_index=True,
                alt="What the source holds and the dataset does not",
            )
    if info.converted:
        st.markdown("\n".join(f"- {plain(f'{count:,} images: {note}')}" for note, count in info.converted.items()))


def _when(info: DatasetInfo) -> str:
    moment = datetime.fromtimestamp(open_folder(info.path).modified("dataset.json"), UTC)
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _classes(info: DatasetInfo, options: Trained) -> None:
    dataset_counts.draw(info, options)


def _images(info: DatasetInfo, _: Trained) -> None:
    if (dataset := _opened(info)) is not None:
        dataset_pictures.gallery(dataset)


def _augmentation(info: DatasetInfo, options: Trained) -> None:
    if (dataset := _opened(info)) is not None:
        dataset_pictures.augmentation(dataset, options)


def _left_out(info: DatasetInfo, _: Trained) -> None:
    dataset_left_out.draw(info)


def _opened(info: DatasetInfo) -> Dataset | None:
    """Open the dataset; where that would fetch it to this machine, ask first."""
    missing = bytes_to_fetch(info)
    if missing and not st.button(f"Fetch {missing / 1e6:,.0f} MB to this machine, to see its images"):
        return None
    return open_dataset(info)


@st.cache_resource(max_entries=4, show_spinner="Opening the dataset …", hash_funcs=dataset_left_out.BY_IMPORT)
def open_dataset(info: DatasetInfo) -> Dataset:
    """Open a dataset, once for all who look at it; imported anew it is opened anew."""
    return Dataset.open(info.path)


@st.cache_data(ttl=_SECONDS, max_entries=64, show_spinner=False)
def _trained(storage: str, search: str, created: str) -> Trained:  # noqa: ARG001 - another of its name is another
    return trained(storage, search)
