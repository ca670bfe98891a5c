"""Trials: one, or up to five side by side; their curves, what differs between them, and what happened to each."""

from collections.abc import Mapping, Sequence

import streamlit as st
from pydantic import BaseModel

from datasets import GalaxyTunerError
from search import (
    DEFAULTS,
    Finals,
    Followed,
    TrialDetails,
    read_details,
)
from ui import ranking, wording
from ui.figures import beginnings, curves, overlaid, scores
from ui.findings import classes, trials
from ui.findings.classes import Answered
from ui.pages.choosing import chosen_search
from ui.pages.choosing_trials import KEY, chosen_trials
from ui.pages.elements import plain, problems_shown, safe, shown
from ui.pages.notes import notes
from ui.pages.site import Site
from ui.pages.watching import Watched, costing, interval, watched

# A bundle's worth of answers is read and divided once for all who look; another beginning makes it another finalist.
_by_beginnings = st.cache_data(
    max_entries=64, show_spinner=False, hash_funcs={BaseModel: lambda model: model.model_dump_json()}
)(classes.by_beginnings)


def page(site: Site) -> None:
    """Draw the page for the searches in the site's storage."""
    title, choice = st.columns([2, 1], vertical_alignment="bottom")
    title.title("Trials", anchor=False)
    with problems_shown():
        name = chosen_search(site, choice, of_it=[KEY])
        if name is None:
            return
        one = watched(site.storage, name)
        view = one.look()
        ids = chosen_trials(view) if view.ranked else []
        st.fragment(_follow, run_every=interval())(one, ids, _standing(view, ids))
        if ids:
            _trials(site, view, ids)
            notes(site, name, [trial_id for trial_id in ids if trial_id != DEFAULTS])
        elif not view.ranked:
            st.info("No trial has started yet.")


def _follow(one: Watched, ids: Sequence[str], before: object) -> None:
    """Draw the page again where one of the trials has come on."""
    with problems_shown(), costing():
        if _standing(one.look(), ids) != before:
            st.rerun()


def _standing(view: Followed, ids: Sequence[str]) -> object:
    """Return what another drawing would differ by; whether there are trials at all where none is chosen."""
    return view.finals, [record for record in view.ranked if record.trial_id in ids] if ids else bool(view.ranked)


def _trials(site: Site, view: Followed, ids: Sequence[str]) -> None:
    found = {trials.shown_as(trial_id, view.finals): _details(site.storage, view, trial_id) for trial_id in ids}
    _head(site, view, found)
    _curves(view, found)
    _hyperparameters(found)
    _facts(view, found)
    _classes(site.storage, view, found)
    if view.finals is not None:
        _beginnings(view.finals, view.objective.name, ids)


def _details(storage: str, view: Followed, trial_id: str) -> TrialDetails:
    """Read a trial; the space's defaults may be a finalist that is none."""
    if trial_id == DEFAULTS:
        return TrialDetails(next(row for row in view.finalists if row.trial_id == DEFAULTS))
    return read_details(storage, view.name, trial_id)


def _head(site: Site, view: Followed, found: Mapping[str, TrialDetails]) -> None:
    """Say of each trial where it stands, and why it ended as it did."""
    metric = plain(wording.metric(view.objective.name))
    for column, (name, one) in zip(st.columns(len(found)), found.items(), strict=True):
        record = one.record
        finalist = None if view.finals is None else view.finals.finalist(record.trial_id)
        with column.container(border=True):
            st.markdown(f"**{plain(name)}** · {record.state}")
            if finalist is not None and finalist.mean is not None:
                st.metric(f"mean {metric}", wording.score(finalist.mean), width="content")
            else:
                st.metric(metric, wording.score(record.score), width="content")
            if finalist is not None and finalist.dropped:
                st.warning(f"No further beginnings: {plain(finalist.dropped)}")
            if record.reason:
                (st.info if record.is_scored else st.error)(plain(record.reason))
            if one.traceback:
                with st.expander("Traceback"):
                    st.code(one.traceback, language=None)
            if record.parent is not None:
                label = f"It goes on from trial {plain(record.parent)}"
                site.way("trials", label, icon=":material/history:", search=view.name, trial=record.parent)


def _curves(view: Followed, found: Mapping[str, TrialDetails]) -> None:
    st.subheader("Learning curves", anchor=False)
    records = {name: one.record for name, one in found.items() if one.record.history}
    names = list(dict.fromkeys(name for record in records.values() for name in curves.curve_names(record.history)))
    if not names:
        st.caption("A trial has curves once its first epoch has ended.")
        return
    wanted = view.objective.name.removeprefix("val_")
    start = names.index(wanted) if wanted in names else 0
    metric = st.selectbox(
        "Metric", names, index=start, format_func=wording.metric, key="metric", bind="query-params", width=300
    )
    without = [name for name, one in found.items() if not one.record.history]
    shown(
        overlaid.overlaid(records, metric),
        alt=f"Curves of {wording.metric(metric)} of {', '.join(records)}",
        says="Full lines are validation, dotted ones training, a star is the best epoch: a validation curve that falls "
        "while training goes on to gain is overfitting."
        + (f" No curves: {plain(', '.join(without))}." if without else ""),
        table=overlaid.overlaid_table(records, metric),
        key="curves",
    )


def _hyperparameters(found: Mapping[str, TrialDetails]) -> None:
    st.subheader("Hyperparameters", anchor=False)
    records = {name: one.record for name, one in found.items()}
    only = len(records) > 1 and st.toggle("Only those that differ", key="differing", bind="query-params")
    rows = trials.hyperparameters(records, only_differing=only)
    if not rows:
        st.caption("All the same.")
        return
    st.dataframe(
        safe(rows),
        hide_index=True,
        height="content",
        column_config={trials.DIFFERS: st.column_config.TextColumn(width=40)},
        alt="Hyperparameters, a column a trial",
    )
    if len(records) > 1:
        st.caption(f"{trials.DIFFERS} marks what is not the same in all of them.")


def _facts(view: Followed, found: Mapping[str, TrialDetails]) -> None:
    st.subheader("What happened", anchor=False)
    rows = trials.facts(found, view.finals, view.specification)
    st.dataframe(safe(rows), hide_index=True, height="content", alt="What happened, a column a trial")
    if again := trials.attempts(found):
        st.caption("Attempts: the last one counts.")
        st.dataframe(
            safe(again), hide_index=True, placeholder=wording.ABSENT, alt="Attempts of trials that were tried again"
        )


def _classes(storage: str, view: Followed, found: Mapping[str, TrialDetails]) -> None:
    """Show what is known of each class: by a finalist's beginnings, else by a trial's best epoch."""
    st.subheader("Class by class", anchor=False)
    known: dict[str, Answered] = {}
    for name, one in found.items():
        try:
            answers = _answers(storage, view, one)
        except GalaxyTunerError as error:
            st.warning(f"{plain(name)}: {plain(str(error))}")
            continue
        if answers is not None:
            known[name] = answers
    if without := [name for name in found if name not in known]:
        st.markdown(
            f"Nothing is kept of {plain(', '.join(without))}, but the class found least, above, where one was: "
            "there was no epoch yet, or an earlier version trained it."
        )
    if not known:
        return
    classes_ = view.specification.classes
    st.dataframe(
        safe(classes.class_table(known, classes_)),
        hide_index=True,
        placeholder=wording.ABSENT,
        alt="Scores of each class",
    )
    for column, (name, answers) in zip(st.columns(len(known)), known.items(), strict=True):
        with column:
            st.markdown(f"**{plain(name)}**")
            shown(
                scores.confusion(answers),
                alt=f"Confusion of {name}",
                says=f"Rows are true classes, columns what they were taken for: {answers.images:,} answers of "
                f"{plain(answers.source)}: they flatter it.",
                table=[
                    {"true class": true} | dict(zip(classes_, counts, strict=True))
                    for true, counts in zip(classes_, answers.confusion_matrix, strict=True)
                ],
                key=f"confusion {name}",
            )


def _answers(storage: str, view: Followed, one: TrialDetails) -> Answered | None:
    finals, answers = view.finals, None
    if finals is not None and (finalist := finals.finalist(one.record.trial_id)) is not None:
        answers = _by_beginnings(storage, view.specification, finalist, finals.epochs)
    return answers or classes.by_trial(storage, view.specification, one.record)


def _beginnings(finals: Finals, metric: str, ids: Sequence[str]) -> None:
    if not any(one.beginnings for one in finals.finalists):
        return
    st.subheader("Beginnings of the finalists", anchor=False)
    names = {one.trial_id: trials.shown_as(one.trial_id, finals) for one in finals.finalists}
    worth = "" if finals.worth is None else f" {plain(_sentence(finals.worth.sentence))}."
    shown(
        beginnings.beginnings(finals, names, metric, highlighted=ids),
        alt="Score of each beginning of each finalist",
        says="Each point is another training of a configuration, with another seed and on another part of the images; "
        f"where the points of two overlap their order may be chance. Chosen by the mean: {ranking.CHOSEN}.{worth}",
        table=[
            {
                "finalist": names[one.trial_id],
                "beginning": each.number,
                "seed": each.seed,
                "score": each.score,
                "seconds": each.seconds,
            }
            for one in finals.finalists
            for each in one.beginnings
        ],
        key="beginnings",
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
