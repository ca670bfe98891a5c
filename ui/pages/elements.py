"""What the pages need beyond Streamlit's own elements: an error as one line, plain text, probability bars as HTML."""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape

import plotly.graph_objects as go
import streamlit as st

from datasets import GalaxyTunerError, harmless
from ui import wording
from ui.figures.look import inked

_LOG = logging.getLogger(__name__)
LONGEST_FIND = 300
"""Letters that one may look for: each word is looked for in all rows, and an address holds a million letters."""
_ROW = (
    '<div style="display:grid;grid-template-columns:minmax(0,13rem) minmax(30%,1fr) 4rem;gap:.6rem;align-items:center;'
    'margin:.28rem 0;{text}">'
    '<span style="overflow-wrap:anywhere">{name}</span>'
    '<span style="background:rgba(138,143,152,.22);border-radius:5px;height:.8rem;display:block">'
    '<span style="display:block;height:100%;border-radius:5px;width:{width:.2f}%;background:{colour}"></span></span>'
    '<span style="text-align:right;font-variant-numeric:tabular-nums">{percent}</span></div>'
)
_SENT_AT_ONCE = 30
_NUMBER = re.compile(r"[+-][0-9.]+(e[+-]?[0-9]+)?")
_BEST, _OTHER = "#4C6EF5", "#8A8F98"


@contextmanager
def problems_shown() -> Iterator[None]:
    """Show an error as one line in the body's place, and go on after it; one of no user's is in the log, too."""
    try:
        yield
    except GalaxyTunerError as error:
        st.error(plain(str(error)))
    except Exception as error:  # a stranger's file can fail anywhere, and what failed where is not for every visitor
        _LOG.exception("a page failed")
        st.error(f"This cannot be shown ({type(error).__name__}): who serves the page finds the reason in its log.")


def shown(
    figure: go.Figure, *, alt: str, says: str, key: str, table: Sequence[Mapping[str, object]] | None = None
) -> None:
    """Draw a figure: ``says`` is one sentence on how to read it, ``table`` its numbers.

    ``alt`` names the figure for who does not see it; ``says`` is Markdown: names of others need `plain`.
    """
    if st.context.theme.type == "light":
        figure = inked(figure)
    st.plotly_chart(figure, key=key, alt=alt, config={"displaylogo": False})
    st.markdown(f":small[{says}]")
    if not table:
        return
    # A long one is sent when somebody opens it.
    is_long = len(table) > _SENT_AT_ONCE
    box = st.expander("Numbers", key=f"numbers of {key}", on_change="rerun" if is_long else "ignore")
    if not is_long or box.open:
        box.dataframe(safe(table), hide_index=True, placeholder=wording.ABSENT, alt=alt)


def safe(rows: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """Return the rows of a table with no formula in it: the corner of each that is drawn offers it as CSV.

    Numbers that are text stay as they are, whatever their sign.
    """
    return [
        {
            harmless(name): harmless(cell) if isinstance(cell, str) and not _NUMBER.fullmatch(cell) else cell
            for name, cell in row.items()
        }
        for row in rows
    ]


def commands(*lines: str) -> None:
    """Show commands to copy, whole on a narrow screen, too, and plain: colours of a language are too faint."""
    st.code("\n".join(lines), language=None, wrap_lines=True)


def plain(text: str) -> str:
    """Return Markdown that shows ``text`` as it is: a file's or a class's name may hold any character.

    Every ASCII punctuation character may be escaped (CommonMark 0.31, section 2.4).
    """
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split()))


def probability_bars(probabilities: Mapping[str, float], best: str) -> str:
    """Return one bar a class, in the order given, the ``best`` one bold and dark. Light enough for a hundred images."""
    return "".join(
        _ROW.format(
            name=escape(name),
            width=100 * probability,
            percent=wording.percent(probability),
            colour=_BEST if name == best else _OTHER,
            text="font-weight:600" if name == best else "",
        )
        for name, probability in probabilities.items()
    )
