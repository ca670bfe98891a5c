"""One search: its trials, ranked, redrawn every two seconds while it runs."""

import streamlit as st

from search import Record, SearchView, best_so_far, read_search, read_trial
from ui import ranking, wording
from ui.figures import curves, progress
from ui.pages.choosing import chosen_search
from ui.pages.elements import plain, problems_shown
from ui.pages.site import Site

_SECONDS = 2
_LONGEST = 1000
_COLOURS = {
    "pending": "gray",
    "running": "blue",
    "completed": "green",
    "stopped": "violet",
    "infeasible": "orange",
    "failed": "red",
}


def page(site: Site) -> None:
    """Draw the page for the searches in the site's storage."""
    title, choice = st.columns([2, 1], vertical_alignment="bottom")
    title.title("Search", anchor=False)
    with problems_shown():
        with choice:
            name = chosen_search(site)
        if name is not None:
            st.fragment(_board, run_every=_SECONDS)(site.storage, name)


def _board(storage: str, name: str) -> None:
    """Draw what changes while the search runs."""
    with problems_shown():
        view = read_search(storage, name, history=False)
        _headline(view)
        if view.rows:
            _ranking(view)
            _progress_of_best(view)
            _one_trial(storage, view)
        else:
            st.info("No trial has started yet.")


def _headline(view: SearchView) -> None:
    planned, ended = view.specification.settings.trials, ranking.ended(view.rows)
    best = ranking.best(view.board)
    state = str(view.state)
    columns = st.columns(4)
    columns[0].metric("State", "training the best" if view.is_training else state)
    columns[1].metric("Trials ended", str(ended) if planned is None else f"{ended} of {planned}")
    score = None if best is None else best.mean if best.chosen else best.score
    kind = "Mean" if best is not None and best.chosen else "Best"
    columns[2].metric(f"{kind} {plain(wording.metric(view.objective.name))}", wording.score(score))
    columns[3].metric("Best trial", view.best or wording.ABSENT)
    left = f", {wording.duration(view.left)} left" if view.left is not None and view.is_live else ""
    st.progress(ranking.done(view), text=ranking.states(view.counts) + left)
    if view.finals is not None and view.finals.worth is not None:
        st.caption(plain(view.finals.worth.sentence))


def _ranking(view: SearchView) -> None:
    st.subheader("Trials", anchor=False)
    number = st.column_config.NumberColumn
    st.dataframe(
        ranking.trial_table(view.board),
        hide_index=True,
        placeholder=wording.ABSENT,
        column_config={
            "rank": number("rank", width="small"),
            "state": st.column_config.MultiselectColumn(
                "state", width=110, options=list(_COLOURS), color=list(_COLOURS.values())
            ),
            "score": number(wording.metric(view.objective.name), format="%.4f"),
            "mean": number("mean", format="%.4f"),
            "spread": number("spread", format="%.4f"),
            "epochs": st.column_config.ProgressColumn(
                "epochs", format="%d", min_value=0, max_value=view.specification.settings.epochs
            ),
        },
    )


def _progress_of_best(view: SearchView) -> None:
    st.subheader("Best score over time", anchor=False)
    best = best_so_far(view.rows, view.objective)
    if best:
        st.plotly_chart(progress.best_over_time(view.rows, best, view.objective.name), key="best-over-time")
    else:
        st.caption("Appears when the first trial has ended.")


def _one_trial(storage: str, view: SearchView) -> None:
    rows = {row.trial_id: row for row in view.rows}
    st.subheader("One trial", anchor=False)
    left, right = st.columns([5, 3], gap="large")
    chosen = right.selectbox("Trial, best first", list(rows), key=f"trial-{view.name}")
    row = rows[chosen]
    values = [
        {"hyperparameter": wording.heading(name), "value": wording.value(value, longest=_LONGEST)}
        for name, value in row.hyperparameters.items()
    ]
    right.dataframe(values, hide_index=True, height="content")
    with left:
        if row.reason:
            st.warning(plain(row.reason))
        _curves(view, read_trial(storage, view.name, chosen))


def _curves(view: SearchView, trial: Record) -> None:
    names = curves.curve_names(trial.history)
    if not names:
        st.caption("A trial has curves once its first epoch has ended.")
        return
    wanted = view.objective.name.removeprefix("val_")
    start = names.index(wanted) if wanted in names else 0
    metric = st.selectbox("Metric", names, index=start, format_func=wording.metric, key=f"metric-{view.name}")
    st.plotly_chart(curves.curves(trial.history, metric, best_epoch=trial.best_epoch), key="curves")
