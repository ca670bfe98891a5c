"""Home: every search in the storage, as it is now; a row that is chosen opens its search."""

from datetime import UTC, datetime, timedelta

import streamlit as st

from search import DamagedSearch, Followed, SearchState
from ui import ranking, wording
from ui.pages.choosing import no_search
from ui.pages.control import commands, new_search
from ui.pages.elements import LONGEST_FIND, problems_shown, safe
from ui.pages.site import Site
from ui.pages.watching import costing, interval, looked_at

_STATES = {
    "running": "blue",
    "training": "blue",
    "finished": "green",
    "stopped": "violet",
    "interrupted": "orange",
    "failed": "red",
    "damaged": "red",
}


def page(site: Site) -> None:
    """Draw the page for the searches in the site's storage."""
    st.title("Searches", anchor=False)
    with problems_shown(), costing():
        new_search(site)
        commands(site)
        found = looked_at(site.storage)
        st.fragment(_pulse, run_every=interval())(site.storage, _marks(found))
        if not found:
            no_search(site)
            return
        find, which = st.columns([2, 1], vertical_alignment="bottom")
        text = find.text_input(
            "Find",
            max_chars=LONGEST_FIND,
            key="find",
            bind="query-params",
            placeholder="a name, a dataset or a metric",
        )
        states = [state for state in _STATES if any(_state(one) == state for one in found)]
        kept = which.multiselect("State", states, key="states", placeholder="all")
        rows = [_row(one) for one in found if not kept or _state(one) in kept]
        rows = [row for row in rows if all(word in _words(row) for word in (text or "").casefold().split())]
        chosen = _table(sorted(rows, key=lambda row: str(row["began"]), reverse=True))
        if chosen is not None:
            site.go("search", search=chosen)


def _pulse(storage: str, marks: list[object]) -> None:
    """Draw the whole page again where something has changed."""
    with problems_shown():
        if _marks(looked_at(storage)) != marks:
            st.rerun()


def _marks(found: list[Followed | DamagedSearch]) -> list[object]:
    """Return what differs where the table would; of time that passes, minutes."""
    return [one if isinstance(one, DamagedSearch) else (one.version, one.spent and one.spent // 60) for one in found]


def _state(one: Followed | DamagedSearch) -> str:
    if isinstance(one, DamagedSearch):
        return "damaged"
    return "training" if one.is_training else str(one.state)


def _row(one: Followed | DamagedSearch) -> dict[str, object]:
    if isinstance(one, DamagedSearch):
        nothing = ("done", "best", "best trial", "metric", "trials", "rate", "left", "dataset", "began")
        return {"search": one.name, "state": ["damaged"], **dict.fromkeys(nothing), "reason": one.reason}
    winner = one.winner
    score = None if winner is None else winner.mean if winner.chosen else winner.score
    is_whole = one.state is SearchState.FINISHED and one.specification.settings.trials == one.ended
    return {
        "search": one.name,
        "state": [_state(one)],
        "best": score,
        "done": 100 * ranking.share_done(one),
        "metric": wording.metric(one.objective.name),
        "best trial": one.best and ranking.configuration(one.best).removeprefix("trial "),
        "trials": one.ended,
        "rate": _rate(one),
        "left": None if one.left is None or not one.is_live else timedelta(seconds=round(one.left)),
        "dataset": one.specification.dataset.rstrip("/").rsplit("/", 1)[-1],
        "began": datetime.fromisoformat(one.specification.created).astimezone(),
        "reason": None if is_whole or one.is_live else one.reason,
    }


def _rate(one: Followed) -> float | None:
    """Return the trials that ended a minute, from its first beginning to its last end, or to now while it runs."""
    times = [record.ended for record in one.ranked if record.ended is not None]
    begun = min((record.started for record in one.ranked if record.started is not None), default=None)
    if begun is None or not times:
        return None
    until = datetime.now(UTC) if one.is_live else datetime.fromisoformat(max(times))
    minutes = (until - datetime.fromisoformat(begun)).total_seconds() / 60
    return len(times) / minutes if minutes > 0 else None


def _words(row: dict[str, object]) -> str:
    return f"{row['search']} {row['dataset']} {row['metric']} {row['reason']}".casefold()


def _table(rows: list[dict[str, object]]) -> str | None:
    """Draw the searches; return the name of one that was chosen just now."""
    number = st.column_config.NumberColumn
    hidden = {name for name in ("left", "reason") if all(row[name] is None for row in rows)}
    state = st.dataframe(
        safe([{name: value for name, value in row.items() if name not in hidden} for row in rows]),
        hide_index=True,
        placeholder=wording.ABSENT,
        alt="Searches",
        key=f"searches {hash(str(rows))}",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "state": st.column_config.MultiselectColumn(
                "state", width=110, options=list(_STATES), color=list(_STATES.values())
            ),
            "done": st.column_config.ProgressColumn("done", format="%.0f %%", min_value=0, max_value=100),
            "best": number("best", format="%.4f"),
            "trials": number("trials ended"),
            "rate": number("trials/min", format="%.2f"),
            "left": number("time left", format="compact", help="hours : minutes : seconds"),
            "began": st.column_config.DatetimeColumn("began", format="distance"),
            "reason": st.column_config.TextColumn("reason", width="large"),
        },
    )
    places = state["selection"]["rows"]
    return str(rows[places[0]]["search"]) if places else None
