"""What matters: which hyperparameters the score goes with, how, and how far that is to be believed."""

import streamlit as st

from search import Evidence, Followed, Unclear
from ui import wording
from ui.findings import lessons
from ui.findings.lessons import Lesson, Trials
from ui.pages.choosing import chosen_search
from ui.pages.choosing_several import asked_for, keep
from ui.pages.elements import plain, problems_shown, shown
from ui.pages.site import Site
from ui.pages.watching import Watched, costing, interval, watched

_AT_FIRST = 4
"""Hyperparameters looked at one by one until the reader chooses."""
_SEEN = "trials that matter"
_SLICED, _PAIR = "hyperparameter", "pair"
"""Of the choices: their names in the URL."""
# Kept by what they are of, for everybody who looks: a forest takes seconds, and each click asks for all of them again.
_kept = st.cache_data(max_entries=32, show_spinner=False, hash_funcs={Trials: lambda trials: trials.content})
_evidence, _importance = _kept(lessons.evidence), _kept(lessons.importance)
_one, _two, _all = _kept(lessons.one_by_one), _kept(lessons.two_at_once), _kept(lessons.all_at_once)


def page(site: Site) -> None:
    """Draw the page for the searches in the site's storage."""
    title, choice = st.columns([2, 1], vertical_alignment="bottom")
    title.title("What matters", anchor=False)
    with problems_shown():
        name = chosen_search(site, choice, of_it=[_SLICED, _PAIR])
        if name is not None:
            _insight(site, watched(site.storage, name))


def _insight(site: Site, one: Watched) -> None:
    now = one.look()
    seen = _as_looked_at(Trials.of(now))
    st.fragment(_since, run_every=interval())(one, seen)
    trials = _chosen(seen)
    evidence = _evidence(trials)
    _standing(site, now, evidence)
    with st.spinner("Looking for what matters …"):
        found = _importance(trials)
    if isinstance(found, Unclear):
        _draw("what matters", found)
        return
    shares, lesson = found
    st.subheader("How much each matters", anchor=False)
    _draw("how much each matters", lesson)
    names = [*shares, *evidence.partial]
    _one_by_one(trials, names)
    if len(names) > 1:
        _two_at_once(trials, names)
        st.subheader("All at once", anchor=False)
        _draw("all at once", _all(trials, names))


def _as_looked_at(now: Trials) -> Trials:
    """Return the trials as the reader saw them first, until they ask again.

    What is read does not move, and while a search runs a forest is not asked anew at each click.
    """
    seen: Trials | None = st.session_state.get(_SEEN)
    if seen is None or seen.search != now.search:
        seen = now
    st.session_state[_SEEN] = seen
    return seen


def _since(one: Watched, seen: Trials) -> None:
    """Say what has ended since the reader looked, and let them look again."""
    with problems_shown(), costing():
        more = one.look().ended - _evidence(seen).ended
        if more:
            text, button = st.columns([3, 1], vertical_alignment="center")
            said = f"{wording.plural(more, 'more trial')} ended" if more > 0 else "trials began anew"
            text.info(f"Since you looked {said}.")
            if button.button("Look again", icon=":material/refresh:"):
                del st.session_state[_SEEN]
                st.rerun()


def _chosen(trials: Trials) -> Trials:
    """Return the trials to look at: all, or if the reader likes those alone that had as many epochs as any."""
    evidence = _evidence(trials)
    if not evidence.short:
        return trials
    whole = f"{evidence.scored - len(evidence.short):,} of {wording.plural(evidence.scored, 'trial')}"
    label = f"Only what had all {wording.plural(evidence.longest, 'epoch')}: {whole}"
    return trials.of_epochs(evidence.longest) if st.toggle(label, key="whole", bind="query-params") else trials


def _standing(site: Site, view: Followed, evidence: Evidence) -> None:
    """Say what all that follows is of, and why it may be wrong."""
    better = "more" if view.objective.direction == "max" else "less"
    st.markdown(
        f"By {plain(wording.metric(view.objective.name))}, of which {better} is better: "
        f"{wording.plural(evidence.scored, 'trial')} with a score"
        + (f", without {evidence.gone_on_from:,} that one of these goes on from" if evidence.gone_on_from else "")
        + (f"; {evidence.running:,} still running, which are not in it yet." if evidence.running else ".")
    )
    if doubts := evidence.doubts():
        st.warning("**When not to believe what you see here**\n" + "".join(f"\n- {plain(each)}" for each in doubts))
    if view.best is not None:
        site.way("trials", "Look at the best trial", icon=":material/arrow_forward:", search=view.name, trial=view.best)


def _one_by_one(trials: Trials, names: list[str]) -> None:
    st.subheader("One by one", anchor=False)
    chosen = _choice("Hyperparameters", _SLICED, trials, names, at_first=_AT_FIRST, most=len(names))
    columns = st.columns(2)
    for number, name in enumerate(chosen):
        with columns[number % 2]:
            _draw(wording.heading(name), _one(trials, name))


def _two_at_once(trials: Trials, names: list[str]) -> None:
    st.subheader("Two at once", anchor=False)
    chosen = _choice("Two hyperparameters", _PAIR, trials, names, at_first=2, most=2)
    if len(chosen) == 2:
        _draw("two at once", _two(trials, *chosen))
    else:
        st.info("Choose two.")


def _choice(label: str, name: str, trials: Trials, names: list[str], *, at_first: int, most: int) -> list[str]:
    """Draw a choice of hyperparameters, at first those that matter most; in the URL under ``name``."""
    key = f"{name} of {trials.search}"
    asked_for(name, key, scope=trials.search, at_first=names[:at_first], most=most, offered=names)
    chosen = st.multiselect(label, names, format_func=wording.heading, key=key, max_selections=most, select_all=False)
    keep(name, chosen, scope=trials.search)
    return list(chosen)


def _draw(what: str, lesson: Lesson | Unclear) -> None:
    """Draw a lesson, or say why there is none."""
    if isinstance(lesson, Unclear):
        st.info(plain(f"{wording.line(what).capitalize()}: {lesson.reason}."))
        return
    shown(lesson.figure, alt=lesson.alt, says=plain(lesson.says), table=lesson.table, key=f"figure {what}")
