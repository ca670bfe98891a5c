"""Of a dataset's view: how its images look, a page of each class, and what augmentation makes of some."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, get_args

import streamlit as st

from datasets import Augmentation, Border, Dataset, Split, shown_name
from ui import wording
from ui.contents.pictures import Pixels, pictures, rows_of, variants
from ui.contents.trained import Trained
from ui.pages.addressed import asked_among, asked_number, keep
from ui.pages.elements import plain, problems_shown

_EACH, _CLASSES = 8, 10
"""Images of a class, and classes, at a time."""
_SIDE = 104
"""Width of an image in px."""
_ALL = "all"
_ANY = "any class"
# Lower end, upper end and step of a slider, and what it is called; what a field means, says `datasets.Augmentation`.
_SLIDERS: Mapping[str, tuple[float, float, str]] = {
    "rotation": (180.0, 5.0, "Turned by up to (degrees, either way)"),
    "zoom": (0.99, 0.01, "Scaled by up to (share, either way)"),
    "shift": (1.0, 0.02, "Moved by up to (share of the side)"),
    "brightness": (0.99, 0.01, "Brightness by up to (share, either way)"),
    "colour_jitter": (0.99, 0.01, "Each colour by up to (share, either way)"),
    "noise": (255.0, 1.0, "Noise up to (of 255 levels)"),
    "cutout": (1.0, 0.05, "Black square (share of the side)"),
}
_SEEDS = 10_000


def gallery(dataset: Dataset) -> None:
    """Draw some images of each class, and of each the way to others."""
    present = [split.value for split in Split if len(dataset.rows(split))]
    default = present[0] if present else _ALL
    asked = asked_among("split", [*present, _ALL], default)
    chosen = st.segmented_control(
        "Split", [*present, _ALL], default=asked, required=True, key=f"split {dataset.info.path}"
    )
    keep("split", chosen, default)
    split = None if chosen == _ALL else Split(chosen)
    labels = list(range(len(dataset.classes)))
    pages = -(-len(labels) // _CLASSES)
    if pages > 1:
        st.caption(f"{len(labels):,} classes, {_CLASSES} at a time:")
        page = st.pagination(
            pages, default=int(asked_number("classes", 1, pages, 1)), key=f"classes {dataset.info.path}"
        )
        keep("classes", page, 1)
        labels = labels[(page - 1) * _CLASSES : page * _CLASSES]
    for label in labels:
        st.fragment(_of_class, key=f"class {label}")(dataset, label, split)


def _of_class(dataset: Dataset, label: int, split: Split | None) -> None:
    """Draw a page of a class: a fragment, so that a click reads no other images."""
    with problems_shown():
        _page_of_class(dataset, label, split)


def _page_of_class(dataset: Dataset, label: int, split: Split | None) -> None:
    rows, name = rows_of(dataset, label, split), dataset.classes[label]
    heading, ways = st.columns([2, 1], vertical_alignment="bottom")
    heading.markdown(f"**{plain(name)}** · {wording.plural(len(rows), 'image')}")
    pages = -(-len(rows) // _EACH)
    page = 1
    if pages > 1:
        parameter = f"page{label}"
        key = f"{parameter} {split} {dataset.fingerprint}"
        with ways:
            page = st.pagination(pages, default=int(asked_number(parameter, 1, pages, 1)), max_visible_pages=5, key=key)
        keep(parameter, page, 1)
    shown = pictures(dataset, rows[(page - 1) * _EACH : page * _EACH])
    if shown:
        with st.container(horizontal=True, gap="small"):
            for each in shown:
                _draw(each.pixels, caption=_short(each.name), alt=f"{name}, {each.name}")
    else:
        st.caption("None in this split.")


def augmentation(dataset: Dataset, options: Trained) -> None:
    """Draw the magnitudes of augmentation as sliders, and what they make of a few images."""
    st.fragment(_augmentation)(dataset, options)


def _augmentation(dataset: Dataset, options: Trained) -> None:
    with problems_shown():
        _controls_and_results(dataset, options)


def _controls_and_results(dataset: Dataset, options: Trained) -> None:
    like = options.augmentation
    if options.who:
        st.caption(f"At first as {plain(options.who)} was trained. Training draws anew for each image and epoch.")
    if options.mixup:
        st.caption("Training also blends images in pairs (mixup), which is not drawn here.")
    controls, results = st.columns([1, 2], gap="large")
    with controls:
        change = _magnitudes(dataset, like)
        name = st.selectbox(
            "Images of",
            [_ANY, *dataset.classes],
            index=_asked_class(dataset),
            format_func=lambda each: each if each == _ANY else shown_name(each),
            key=f"of {dataset.info.path}",
        )
        keep("of", name, _ANY)
        seed = st.number_input(
            "Seed: which images, and by how much each is changed",
            0,
            _SEEDS,
            int(asked_number("seed", 0, _SEEDS, 1)),
            key=f"seed {dataset.info.path}",
        )
        keep("seed", seed, 1)
    label = None if name == _ANY else dataset.classes.index(name)
    with results:
        if change.is_identity:
            st.caption("Nothing is varied: every copy is the image itself.")
        for number, each in enumerate(variants(dataset, change, label=label, seed=seed)):
            st.caption(f"{plain(each.label)}, {plain(_short(each.stored.name))}")
            with st.container(horizontal=True, gap="small"):
                _draw(each.stored.pixels, caption="as stored", alt=f"{each.label}, as stored: {each.stored.name}")
                for copy, pixels in enumerate(each.varied, 1):
                    _draw(
                        pixels, caption=f"varied {copy}", alt=f"{each.label}, varied: {each.stored.name}, copy {copy}"
                    )
            if number == 0 and not change.is_identity:
                st.caption("The seed fixes where between its bounds each copy lies: a slider moves the same copies.")


def _magnitudes(dataset: Dataset, like: Augmentation) -> Augmentation:
    change: dict[str, Any] = {}
    for name, (high, step, label) in _SLIDERS.items():
        default = min(float(getattr(like, name)), high)
        value = st.slider(
            label,
            0.0,
            high,
            asked_number(name, 0.0, high, default),
            step,
            format="%g",
            key=f"{name} {dataset.info.path} {default}",
        )
        keep(name, value, default)
        change[name] = value
    flip = st.toggle(
        "Mirrored, every second image",
        value=asked_number("flip", 0, 1, like.flip) == 1,
        key=f"flip {dataset.info.path} {like.flip}",
    )
    keep("flip", int(flip), int(like.flip))
    border = st.selectbox(
        "What comes in from outside",
        get_args(Border),
        index=get_args(Border).index(asked_among("border", get_args(Border), like.border)),
        format_func={"reflect": "the image, mirrored at its border", "black": "black, like empty sky"}.__getitem__,
        key=f"border {dataset.info.path} {like.border}",
    )
    keep("border", border, like.border)
    return Augmentation(flip=flip, border=border, **change)


def _asked_class(dataset: Dataset) -> int:
    names = [_ANY, *dataset.classes]
    return names.index(asked_among("of", names, _ANY))


def _draw(pixels: Pixels, *, caption: str, alt: str) -> None:
    st.image(pixels, caption=plain(caption), alt=alt, width=_SIDE, output_format="PNG")


def _short(name: str) -> str:
    """Write the last part of an image's name, as much as stands below it."""
    return shown_name(PurePosixPath(name).name or name, longest=16)
