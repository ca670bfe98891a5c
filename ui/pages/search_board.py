"""The board of one search: its trials, typed, found and sorted over all of them, a page at a time; and as files."""

import json

import streamlit as st

from datasets import harmless
from search import Followed, Row, read_search
from ui import ranking, wording
from ui.board import PAGE, Board, FilterError, Wanted
from ui.pages.elements import LONGEST_FIND, plain, safe
from ui.pages.site import Site
from ui.pages.watching import Watched

_STATES = {
    "pending": "gray",
    "running": "blue",
    "completed": "green",
    "stopped": "violet",
    "infeasible": "orange",
    "failed": "red",
}
_OFTEN_EMPTY = ("score", "parent", "reason", "ended")


def board(site: Site, one: Watched, found: Followed) -> None:
    """Draw the trials, with what finds and sorts them; a row that is chosen opens its trial."""
    st.subheader("Trials", anchor=False)
    columns = one.columns(found)
    made, differing = Board(found, columns), columns.differing
    states = [state for state in _STATES if state in found.counts]
    find, which, by, order = st.columns([4, 2, 2, 1], vertical_alignment="bottom")
    text = find.text_input(
        "Find",
        max_chars=LONGEST_FIND,
        key="find",
        bind="query-params",
        placeholder="adamw  blocks>=3  score>0.8",
        persist_state="page",
    )
    kept = which.multiselect("State", states, key="states", placeholder="all")
    sort = by.selectbox("Sort by", made.sortable, key=f"sort of {one.name}", format_func=wording.heading)
    descending = order.toggle("Reverse", key="reverse")
    more = [name for name in columns.types if name not in differing]
    with st.expander("Columns"):
        options = [*differing, *more]
        names = st.multiselect(
            "Hyperparameters",
            options,
            default=differing,
            # Whoever looks on as trials come sees what differs by then: a widget keeps its choice while its key stays.
            key=f"columns {one.name} {hash((*options, len(differing)))}",
            persist_state="page",
        )
    try:
        places = made.places(Wanted(sort or "rank", descending, tuple(kept), text or ""))
    except FilterError as error:
        st.error(plain(str(error)))
        return
    number = 1
    if len(places) > PAGE:
        number = st.pagination(-(-len(places) // PAGE), key=f"page of {one.name}")
    rows = made.page(places[(number - 1) * PAGE : number * PAGE], names)
    st.markdown(f":small[{_counted(len(rows), len(places), len(found.ranked))}]")
    chosen = _table(one, found, rows)
    if chosen is not None:
        site.go("trials", search=one.name, trial=chosen)


def _counted(shown: int, wanted: int, total: int) -> str:
    """Say how many trials are shown of how many."""
    of = f"{wording.plural(wanted, 'trial')}" if wanted == total else f"{wanted:,} of {wording.plural(total, 'trial')}"
    page = "" if shown == wanted else f", {shown:,} of them on this page"
    return f"{of}{page}. Choose a row to open its trial; sorting and finding look at all of them."


def _table(one: Watched, found: Followed, rows: list[dict[str, object]]) -> str | None:
    """Draw the trials; return the id of one that was chosen just now."""
    number = st.column_config.NumberColumn
    hidden = {name for name in _OFTEN_EMPTY if all(row[name] is None for row in rows)}
    if all(row["attempts"] == 1 for row in rows):
        hidden.add("attempts")
    state = st.dataframe(
        safe([{name: value for name, value in row.items() if name not in hidden} for row in rows]),
        hide_index=True,
        placeholder=wording.ABSENT,
        alt=f"Trials of {one.name}",
        key=f"board of {one.name} {found.version}",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "rank": number("rank", width="small"),
            "state": st.column_config.MultiselectColumn(
                "state", width=110, options=list(_STATES), color=list(_STATES.values())
            ),
            "score": number(wording.metric(found.objective.name), format="%.4f"),
            "mean": number("mean", format="%.4f"),
            "spread": number("spread", format="%.4f"),
            "epochs": st.column_config.ProgressColumn(
                "epochs", format="%d", min_value=0, max_value=found.specification.settings.epochs
            ),
            "time": number("time", format="compact", help="hours : minutes : seconds of training"),
            "ended": st.column_config.DatetimeColumn("ended", format="YYYY-MM-DD HH:mm:ss"),
        },
    )
    places = state["selection"]["rows"]
    return str(rows[places[0]]["trial"]).removesuffix(f" {ranking.CHOSEN}") if places else None


def downloads(site: Site, name: str) -> None:
    """Offer all trials as files, made when they are asked for."""
    st.subheader("Download", anchor=False)
    row = st.container(horizontal=True)

    def ranked() -> tuple[Row, ...]:
        return read_search(site.storage, name, history=False).board

    def as_json() -> str:
        return json.dumps(read_search(site.storage, name).as_json(history=True), allow_nan=False)

    row.download_button(
        "CSV",
        lambda: ranking.leaderboard_csv(ranked(), text=harmless),
        file_name=f"{name}.csv",
        mime="text/csv",
        on_click="ignore",
    )
    row.download_button("JSON", as_json, file_name=f"{name}.json", mime="application/json", on_click="ignore")
    row.download_button(
        "Parquet",
        lambda: ranking.leaderboard_parquet(ranked()),
        file_name=f"{name}.parquet",
        mime="application/vnd.apache.parquet",
        on_click="ignore",
    )
