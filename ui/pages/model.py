"""A search's model: what it is, how good, where it errs, what it was never tested on, and all of it to take away."""

from collections.abc import Sequence

import streamlit as st

from datasets import Folder, few, open_folder
from search import SearchLayout, SearchSpecification, bundle_location, read_specification
from trainer import INTERIM, Decide, Manifest, Scores, choice_lines, read_manifest, untested_lines
from ui import wording
from ui.pages import model_downloads, model_mistakes, model_scores
from ui.pages.addressed import asked_among, keep
from ui.pages.choosing import chosen_search
from ui.pages.elements import commands, plain, problems_shown
from ui.pages.site import Site
from ui.report.quality import TEST, kept_scores

_PARTS = ("Scores", "Surest mistakes", "Limits", "Downloads")
_CLASSES = 20


def page(site: Site) -> None:
    """Draw the page for the model of a search in the site's storage."""
    title, choice = st.columns([2, 1], vertical_alignment="bottom")
    title.title("Model", anchor=False)
    with problems_shown():
        name = chosen_search(site, choice)
        if name is None:
            return
        specification = read_specification(SearchLayout.of(site.storage, name))
        folder = open_folder(bundle_location(site.storage, name))
        if folder.exists():
            _draw(site, specification, folder, read_manifest(folder))
        else:
            where = "from Python" if specification.settings.is_by_value else "in a terminal"
            st.info(f"The search {plain(name)} has no model yet. Train its winner {where}:")
            commands(wording.going_on("train", specification.settings, storage=site.storage))


def _draw(site: Site, specification: SearchSpecification, folder: Folder, manifest: Manifest) -> None:
    if manifest.interim:
        st.warning(f"{INTERIM}.")
    decide = _point(manifest)
    _headline(manifest, decide)
    _what_it_is(site, specification, manifest)
    parts = st.tabs(_PARTS, key="about", bind="query-params")
    with parts[0]:
        if parts[0].open:
            model_scores.draw(manifest, decide)
    with parts[1]:
        if parts[1].open:
            model_mistakes.draw(site, specification, folder, manifest, decide)
    with parts[2]:
        if parts[2].open:
            _limits(manifest)
    with parts[3]:
        if parts[3].open:
            model_downloads.draw(site, specification.settings.name, folder)


def _point(manifest: Manifest) -> Decide:
    """Draw the choice of an operating point, at first the model's own, where it has several."""
    points = [*manifest.points()]
    asked = asked_among("decide", points, manifest.decide)
    chosen = st.segmented_control(
        "Which class is named",
        points,
        default=Decide(asked),
        required=True,
        format_func=lambda point: wording.point(point, manifest.objective),
        key=f"decide {manifest.dataset} {manifest.created}",
        help="The probabilities are the same; the class that is named need not be the most probable one.",
    )
    keep("decide", str(chosen), str(manifest.decide))
    return Decide(chosen)


def _headline(manifest: Manifest, decide: Decide) -> None:
    scores, facts = kept_scores(manifest).get(decide, {}).get(TEST), {"Networks": f"{len(manifest.members):,}"}
    if scores is not None:
        facts = {
            "Macro F1 on test images": _with_interval(scores),
            "Accuracy": wording.percent(scores.accuracy),
            "Calibration error": wording.score(scores.ece),
            "Test images": f"{scores.count:,}",
            **facts,
        }
    elif (accuracy := manifest.scored().get(decide, {}).get(TEST, {}).get("accuracy")) is not None:
        facts = {"Accuracy on test images": wording.percent(accuracy), **facts}
    with st.container(horizontal=True, gap="medium"):
        for name, value in facts.items():
            st.metric(name, value, width="content")


def _with_interval(scores: Scores) -> str:
    score, between = scores.macro["f1"], scores.macro_f1_interval
    return wording.score(score) if between is None else f"{score:.2f} ({between[0]:.2f} to {between[1]:.2f})"


def _what_it_is(site: Site, specification: SearchSpecification, manifest: Manifest) -> None:
    lines = [*choice_lines(manifest)]
    networks, weights = len(manifest.members), sum(member.parameters for member in manifest.members)
    made_of = "the network" if networks == 1 else f"{networks:,} networks, averaged,"
    trials = ("trial " if networks == 1 else "trials ") + few([member.name for member in manifest.members], most=4)
    known = "" if manifest.seen is None else f"{manifest.seen.images:,} different images of "
    lines += [
        f"Tells apart {len(manifest.classes):,} classes: {few(manifest.classes, most=_CLASSES)}",
        f"It is {made_of} of {trials}: {weights:,} weights, made {manifest.created[:16].replace('T', ' ')} UTC",
        f"Trained or chosen on {known}{manifest.dataset}",
        _sure(manifest),
    ]
    st.markdown("\n".join(f"- {plain(line)}." for line in lines))
    name = specification.settings.name
    with st.container(horizontal=True):
        site.way("dataset", "Its dataset", icon=":material/photo_library:", search=name)
        site.way("classify", "Classify with it", icon=":material/image_search:", search=name)


def _sure(manifest: Manifest) -> str:
    if manifest.trust is None:
        return "It cannot say when it is not sure, nor when an image is not like those of its training"
    threshold = manifest.trust.sure_from.get(manifest.decide)
    if threshold is None:
        return f"It never says that it is sure: at most {manifest.trust.max_error:.0%} wrong cannot be promised"
    return (
        f"It is sure from a probability of {threshold:.3f} on: at most {manifest.trust.max_error:.0%} of those answers "
        "are wrong on images like its training's"
    )


def _limits(manifest: Manifest) -> None:
    st.subheader("Never tested", anchor=False)
    _listed(untested_lines(manifest))
    st.subheader("Meant for", anchor=False)
    known = manifest.preprocessing
    side = " × ".join(map(str, known.source_size))
    _listed(
        [
            "Images of single galaxies, each in the middle, of the survey, filters and colour scaling of its training.",
            f"These had {side} px (median), of which the central {known.crop:.0%} were taken and resized to "
            f"{known.image_size} × {known.image_size}: an image must show as much sky.",
            "Labels were taken as right: scores say how often it agrees with them.",
        ]
    )


def _listed(lines: Sequence[str]) -> None:
    st.markdown("\n".join(f"- {plain(line)}" for line in lines))
