"""Compare: how the best came on in several searches, and what was set otherwise in them."""

from collections.abc import Sequence

import streamlit as st

from datasets import GalaxyTunerError
from search import DamagedSearch, Followed
from ui import wording
from ui.figures.races import races
from ui.findings import comparison
from ui.pages.choosing import no_search
from ui.pages.choosing_several import asked_for, keep
from ui.pages.elements import plain, problems_shown, safe, shown
from ui.pages.site import Site
from ui.pages.watching import costing, interval, looked_at, watched

KEY = "of"
"""Of the choice: its name in the URL."""
_MOST = 8
_AT_FIRST = 2
_MINUTES = ("CPU time of trials, min", "of further beginnings, min", "first to last, min")


def page(site: Site) -> None:
    """Draw the page for the searches in the site's storage."""
    st.title("Compare", anchor=False)
    with problems_shown(), costing():
        there = {one.name: one for one in looked_at(site.storage)}
        if not there:
            no_search(site)
            return
        names = _chosen(there)
        chosen = [there[name] for name in names if name in there]
        found = [one for one in chosen if isinstance(one, Followed)]
        st.fragment(_follow, run_every=interval())(site.storage, [one.name for one in chosen], _marks(chosen))
        for one in chosen:
            if isinstance(one, DamagedSearch):
                st.error(f"{plain(one.name)} cannot be read: {plain(one.reason)}")
        if found:
            _overview(site, found)
            _races(found)
            _settings(found)


def _follow(storage: str, names: Sequence[str], before: object) -> None:
    """Draw the page again where a trial of one of the searches has ended, or its finalists have come on."""
    with problems_shown(), costing():
        if _marks([_looked(storage, name) for name in names]) != before:
            st.rerun()


def _looked(storage: str, name: str) -> Followed | DamagedSearch:
    try:
        return watched(storage, name).look()
    except GalaxyTunerError as error:
        return DamagedSearch(name, str(error))


def _marks(chosen: Sequence[Followed | DamagedSearch]) -> list[object]:
    return [
        one if isinstance(one, DamagedSearch) else (one.name, one.state, one.ended, one.finals, one.is_training)
        for one in chosen
    ]


def _chosen(there: dict[str, Followed | DamagedSearch]) -> list[str]:
    """Draw the choice of searches, at first the newest two that can be compared; return their names."""
    newest = sorted(
        (one for one in there.values() if isinstance(one, Followed)),
        key=lambda one: one.specification.created,
        reverse=True,
    )
    beside = [one for one in newest if comparison.why_apart(newest[0], one) is None]
    at_first = [one.name for one in beside[:_AT_FIRST]] or list(there)[:1]
    key = "searches side by side"
    asked = asked_for(KEY, key, scope="", at_first=at_first, most=_MOST)
    damaged = sorted(name for name, one in there.items() if isinstance(one, DamagedSearch))
    offered = dict.fromkeys([*(one.name for one in newest), *damaged, *asked])
    chosen: list[str] = st.multiselect(
        "Searches, newest first",
        list(offered),
        format_func=lambda name: wording.line(name, longest=60),
        key=key,
        max_selections=_MOST,
        select_all=False,
    )
    keep(KEY, chosen, scope="")
    if unknown := [name for name in chosen if name not in there]:
        st.warning(f"There is no search {', '.join(plain(name) for name in unknown)}.")
    elif not chosen:
        st.info("Choose searches to compare.")
    return chosen


def _overview(site: Site, found: Sequence[Followed]) -> None:
    number = st.column_config.NumberColumn
    st.dataframe(
        safe(comparison.overview(found)),
        hide_index=True,
        placeholder=wording.ABSENT,
        column_config={
            **{name: number(format="%.4f") for name in ("best score", "mean", "spread")},
            **{name: number(format="%.1f") for name in _MINUTES},
            "begun": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
        },
        alt="Where each search stands and what it came to",
    )
    for one in found:
        if one.finals is not None and one.finals.worth is not None:
            st.markdown(f"**{plain(one.name)}**: {plain(one.finals.worth.sentence)}.")
    with st.container(horizontal=True):
        for one in found:
            site.way("search", f"Open {plain(wording.line(one.name, longest=40))}", search=one.name)


def _races(found: Sequence[Followed]) -> None:
    """Draw how the best came on in those that have the first one's objective and dataset."""
    st.subheader("The best so far", anchor=False)
    first = found[0]
    apart = {one.name: why for one in found if (why := comparison.why_apart(first, one)) is not None}
    for name, why in apart.items():
        st.warning(f"{plain(name)} cannot be compared with {plain(first.name)}: {plain(why)}.")
    steps = {one.name: comparison.steps(one) for one in found if one.name not in apart}
    if without := [name for name, each in steps.items() if not each]:
        st.info(f"No trial with a score yet: {', '.join(map(plain, without))}.")
    drawn = {name: each for name, each in steps.items() if each}
    if not drawn:
        return
    metric, better = first.objective.name, "higher" if first.objective.direction == "max" else "lower"
    table = [
        {
            "search": name,
            "trials ended": step.trials,
            "CPU time, min": step.seconds / 60,
            "best": step.best,
            "trial": step.trial_id,
        }
        for name, each in drawn.items()
        for step in each
    ]
    is_log = st.toggle("Logarithmic", key="log", bind="query-params")
    gpus = any(one.specification.settings.gpus_per_trial for one in found if one.name in drawn)
    left, right = st.columns(2)
    with left:
        shown(
            races(
                {n: [(s.trials, s.best, s.trial_id) for s in each] for n, each in drawn.items()},
                metric,
                over="trials ended",
                is_log=is_log,
                unit="trials",
            ),
            alt="Best score of each search over trials",
            says=f"At the same number of trials, {better} is better; trials without a score count, too. "
            "The best of many is flattered by chance: compare finalists before you believe a small difference.",
            table=table,
            key="over trials",
        )
    with right:
        shown(
            races(
                {n: [(s.seconds / 60, s.best, s.trial_id) for s in each] for n, each in drawn.items()},
                metric,
                over="CPU time of trials, min",
                unit="min",
                is_log=is_log,
            ),
            alt="Best score of each search over CPU time",
            says="CPU time is the seconds that trials trained, added up as they ended, times the CPUs of each: not the "
            "time on the clock, which is shorter where trials ran side by side."
            + (" Time of GPUs is not in it." if gpus else ""),
            table=table,
            key="over time",
        )


def _settings(found: Sequence[Followed]) -> None:
    st.subheader("Settings", anchor=False)
    every = len(found) == 1 or st.toggle("Those that are the same, too", key="every", bind="query-params")
    rows = comparison.settings(found, only_differing=not every)
    if not rows:
        st.markdown("All are the same.")
        return
    st.dataframe(
        safe(rows),
        hide_index=True,
        height="content",
        column_config={comparison.DIFFERS: st.column_config.TextColumn(width=40)},
        alt="Settings, a column a search",
    )
