"""A rule says of each row what Python says of its values, with what is missing unknown."""

import math
import operator

import numpy as np
from hypothesis import given, settings, strategies as st

from datasets.sources.votes.rules.conditions import COMPARISONS
from datasets.sources.votes.rules.rule_set import rules_of

COLUMNS = {"a": "a", "Class1.2": "Class1.2", "g-r mag": "`g-r mag`"}
SIGNS = {"+": operator.add, "-": operator.sub, "*": operator.mul}
values = st.sampled_from([0.0, 0.25, 0.5, 1.0, 2.0, -1.0, math.nan])


def number(depth):
    """Draw (text, what computes it from a row; None where it is missing)."""
    leaf = st.one_of(
        st.sampled_from([0.25, 1.0, 2.0]).map(lambda value: (str(value), lambda row: value)),
        st.sampled_from(sorted(COLUMNS)).map(lambda name: (COLUMNS[name], lambda row: row[name])),
    )
    if not depth:
        return leaf
    below = number(depth - 1)
    return st.one_of(
        leaf,
        st.tuples(below, st.sampled_from(sorted(SIGNS)), below).map(
            lambda t: (f"({t[0][0]} {t[1]} {t[2][0]})", lambda row: known(SIGNS[t[1]], t[0][1](row), t[2][1](row)))
        ),
        below.map(lambda one: (f"-{one[0]}", lambda row: known(operator.neg, one[1](row)))),
        below.map(lambda one: (f"abs({one[0]})", lambda row: known(abs, one[1](row)))),
        st.tuples(below, below).map(
            lambda t: (f"min({t[0][0]}, {t[1][0]})", lambda row: known(min, t[0][1](row), t[1][1](row)))
        ),
    )


def known(function, *arguments):
    return None if None in arguments else function(*arguments)


def condition(depth):
    """Draw (text, what says of a row True, False or None)."""
    quantity = number(1)
    leaf = st.one_of(
        st.tuples(quantity, st.sampled_from(sorted(COMPARISONS)), quantity).map(
            lambda t: (f"{t[0][0]} {t[1]} {t[2][0]}", lambda row: known(COMPARISONS[t[1]], t[0][1](row), t[2][1](row)))
        ),
        quantity.map(lambda one: (f"{one[0]} is missing", lambda row: one[1](row) is None)),
    )
    if not depth:
        return leaf
    below = condition(depth - 1)
    return st.one_of(
        leaf,
        below.map(lambda one: (f"not ({one[0]})", lambda row: known(operator.not_, one[1](row)))),
        st.tuples(below, below).map(
            lambda t: (f"({t[0][0]}) and {grouped(t[1])}", lambda row: joined(False, t[0][1](row), t[1][1](row)))
        ),
        st.tuples(below, below).map(
            lambda t: (f"{grouped(t[0])} or ({t[1][0]})", lambda row: joined(True, t[0][1](row), t[1][1](row)))
        ),
    )


def grouped(one):
    return f"({one[0]})"


def joined(decides, *truths):
    """Return ``decides`` as soon as one truth is that; unknown as long as one is."""
    if decides in truths:
        return decides
    return None if None in truths else not decides


@settings(max_examples=60, derandomize=True, deadline=None)
@given(condition(2), st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS, values)), min_size=1, max_size=6))
def test_a_rule_says_of_each_row_what_python_says(drawn, rows):
    text, says = drawn
    rules = rules_of(f"[classes]\nyes = '''({text}) and (a is missing or a is not missing)'''".encode(), "drawn")
    found = rules.classify({name: np.array([row[name] for row in rows]) for name in COLUMNS}) == 0
    plain = [{name: None if math.isnan(value) else value for name, value in row.items()} for row in rows]
    assert found.tolist() == [says(row) is True for row in plain]
