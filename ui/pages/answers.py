"""A model's answers on a page: one image alone, or many as counts and a table to filter, look into and correct."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from ui import wording
from ui.pages.elements import plain, safe
from ui.pages.one_answer import Context, card, right_class
from ui.predictions.asking import Answer
from ui.predictions.files import prediction_csv, prediction_parquet
from ui.predictions.labels import labelled, labels_csv, told_apart
from ui.predictions.prediction import Prediction
from ui.predictions.thumbnails import thumbnail
from ui.predictions.verdict import MEANING, Verdict, verdict_of, without_options

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

_ROWS = 50
_WARNINGS = 8
_VERDICT = 190
"""Width of the longest of them, px."""
_ORDERS: dict[str, Callable[[Answer], float]] = {
    "as uploaded": lambda _: 0.0,
    "least sure first": lambda answer: 2.0 if answer.prediction.probability is None else answer.prediction.probability,
    "least like the training images first": lambda answer: -(answer.prediction.novelty or 0.0),
}
_LABELS = "Labels for `galaxy import`: put the file beside the images and import the folder that both are in."


def show(context: Context, said: Sequence[Answer]) -> None:
    """Draw the answers; a click on them draws them alone anew."""
    if len(said) == 1:
        st.fragment(_alone)(context, said)
    elif said:
        st.fragment(_many)(context, said)


def _alone(context: Context, said: Sequence[Answer]) -> None:
    card(context, said[0])
    _downloads(context, said)


def _many(context: Context, said: Sequence[Answer]) -> None:
    _summary(context, said)
    chosen = _filtered(said)
    rows = _table(context, chosen)
    if len(rows) > 1:
        _right_of_several(context, rows)
    elif chosen:
        card(context, rows[0] if rows else chosen[0])
    _downloads(context, said)


def _summary(context: Context, said: Sequence[Answer]) -> None:
    """Draw how many images have which class and verdict, and what is to be known of many of them."""
    verdicts = Counter(verdict_of(answer.prediction) for answer in said)
    st.markdown(" · ".join(f"**{verdicts[each]:,}** {each}" for each in Verdict if verdicts[each]))
    by_class = Counter((answer.prediction.class_name, verdict_of(answer.prediction)) for answer in said)
    names = [name for name in context.classifier.classes if any(key[0] == name for key in by_class)]
    there = [each for each in Verdict if any(by_class[name, each] for name in names)]
    counts = [
        {
            "class": name,
            "images": sum(by_class[name, each] for each in there),
            **{str(each): by_class[name, each] for each in there},
        }
        for name in names
    ]
    if counts:
        st.dataframe(safe(counts), hide_index=True, alt="Images by the class named and how sure the model is of it")
    _warnings(said)
    crops = Counter(crop for answer in said if (crop := context.advised(answer)) is not None)
    for crop, number in crops.most_common(1):
        context.offer_crop(st, crop, f"{wording.plural(number, 'image')}: look at the central {wording.percent(crop)}")
    seen = sum(answer.prediction.seen is True for answer in said)
    if seen:
        st.info(f"{wording.plural(seen, 'image')}: {wording.SEEN}")


def _warnings(said: Sequence[Answer]) -> None:
    """Draw what is to be known of many images, the most common first; what verdicts say is not said again."""
    told = {verdict_of(answer.prediction): None for answer in said}
    warnings = Counter(
        without_options(warning)
        for answer in said
        for warning in answer.prediction.warnings
        if not any(warning.startswith(str(verdict)) for verdict in told)
    )
    if warnings:
        with st.expander(wording.plural(len(warnings), "warning"), icon=":material/warning:"):
            for warning, number in warnings.most_common(_WARNINGS):
                st.markdown(f"- {wording.plural(number, 'image')}: {plain(warning)}")
            if len(warnings) > _WARNINGS:
                st.markdown(f"- {len(warnings) - _WARNINGS:,} more: each image's own are in the table")


def _filtered(said: Sequence[Answer]) -> list[Answer]:
    """Draw the filters and the order; return the answers that they leave."""
    verdicts = Counter(verdict_of(answer.prediction) for answer in said)
    classes = Counter(answer.prediction.class_name for answer in said if answer.prediction.class_name is not None)
    left, middle, right = st.columns([3, 3, 2], vertical_alignment="bottom")
    wanted = left.pills(
        "Verdict",
        [str(each) for each in Verdict if verdicts[each]],
        selection_mode="multi",
        key="verdicts",
        wrap=True,
        help=" ".join(MEANING[each] for each in Verdict if verdicts[each]),
    )
    named = middle.multiselect("Class", sorted(classes, key=str.casefold), key="classes", placeholder="all classes")
    order = right.selectbox("Order", list(_ORDERS), key="order")
    kept = [
        answer
        for answer in said
        if (not wanted or str(verdict_of(answer.prediction)) in wanted)
        and (not named or answer.prediction.class_name in named)
    ]
    return sorted(kept, key=_ORDERS[order])


def _table(context: Context, answers: Sequence[Answer]) -> list[Answer]:
    """Draw a page of the table; return the answers whose rows are chosen."""
    if not answers:
        st.info("No image is like that: take a filter away.")
        return []
    pages = -(-len(answers) // _ROWS)
    page = min(st.session_state.get("answers page", 1), pages)
    part = answers[(page - 1) * _ROWS : page * _ROWS]
    percent = st.column_config.ProgressColumn("probability", min_value=0.0, max_value=1.0, format="percent")
    event = st.dataframe(
        safe([_row(context, answer) for answer in part]),
        hide_index=True,
        placeholder=wording.ABSENT,
        row_height=56,
        column_config={
            "picture": st.column_config.ImageColumn("picture", width="small"),
            "verdict": st.column_config.TextColumn("verdict", width=_VERDICT),
            "probability": percent,
        },
        on_select="rerun",
        selection_mode="multi-row",
        key=f"answers {page} {hash(tuple(answer.place for answer in part))}",
        alt="The images with what the model says of each; choose a row to see it alone, several to say their class",
    )
    if pages > 1:
        st.pagination(pages, key="answers page")
    chosen = event["selection"]["rows"]
    if not chosen:
        st.markdown("Choose a row to see its image alone, or several to say what they are.")
    return [part[row] for row in chosen if row < len(part)]


def _row(context: Context, answer: Answer) -> dict[str, object]:
    """Return a row of the table."""
    prediction, note = answer.prediction, answer.prediction.error or "; ".join(answer.prediction.warnings)
    next_class, right = next(iter(prediction.others), (None, 0.0))[0], context.right(answer)
    return {
        "picture": None if answer.image is None else thumbnail(answer.image.pixels),
        "image": prediction.path,
        "verdict": str(verdict_of(prediction)),
        "class": prediction.class_name,
        "probability": prediction.probability,
        "next": next_class,
        "right class": right,
        "note": without_options(note) or None,
    }


def _right_of_several(context: Context, answers: Sequence[Answer]) -> None:
    places = tuple(answer.place for answer in answers if answer.place is not None)
    with st.container(border=True):
        right_class(context, places, f"The right class of the {len(places):,} chosen images")


@dataclass(frozen=True)
class _Download:
    label: str
    file: str
    kind: str
    make: Callable[[], str | bytes]

    def draw(self, place: "DeltaGenerator", help: str | None = None) -> None:
        place.download_button(
            self.label, self.make, self.file, self.kind, icon=":material/download:", on_click="ignore", help=help
        )


def _downloads(context: Context, said: Sequence[Answer]) -> None:
    """Draw what can be downloaded; it is made when somebody clicks."""
    predictions: list[Prediction] = [answer.prediction for answer in said]
    about = (predictions, context.about)
    rights = ((answer.prediction.path, context.right(answer)) for answer in said)
    labels, twice = told_apart((path, right) for path, right in rights if right is not None)
    row = st.container(horizontal=True)
    _Download("CSV", "classification.csv", "text/csv", partial(prediction_csv, *about)).draw(row)
    parquet = partial(prediction_parquet, *about)
    _Download("Parquet", "classification.parquet", "application/vnd.apache.parquet", parquet).draw(row)
    files = labelled(labels)
    if files:
        name = f"{wording.plural(len(files), 'label')} (CSV)"
        _Download(name, "labels.csv", "text/csv", partial(labels_csv, files)).draw(row, help=_LABELS)
    if twice:
        st.warning(
            f"{plain(wording.some(twice, 'name'))}: of several images with different right classes, whose labels are "
            "left out. Give them names of their own."
        )
    if len(files) < len(labels):
        rest = wording.plural(len(labels) - len(files), "label")
        st.info(f"{rest} are of rows of arrays or tables, which no table of labels can name: those are left out.")
