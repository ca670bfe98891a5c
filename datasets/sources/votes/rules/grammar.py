"""The language of rules: what a text such as "0.2 <= g - r < 0.8 and `has-spiral-arms_yes` is not missing" means.

============  ======================================================================================================
a column      its name, bare where that is letters, digits, "_" and inner dots (Class1.2), otherwise in backticks
              (`smooth-or-featured_smooth_fraction`), since g-r is g less r
a quantity    numbers and columns, + - * /, min(…), max(…), abs(…), parentheses
a condition   < <= > >= == != between quantities, also chained; … is missing, … is not missing
a rule        conditions joined by not, and, or, which bind in this order, and parentheses
============  ======================================================================================================

Nothing is looked up or run but this; the length of a text and the depth of its parentheses are bounded.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

from datasets.sources.votes.rules.conditions import (
    COMPARISONS,
    FUNCTIONS,
    All,
    Arithmetic,
    Call,
    Column,
    Comparison,
    Condition,
    Constant,
    Missing,
    Not,
    Quantity,
    either,
)
from datasets.sources.votes.rules.tokens import RuleFault, Token, tokens_of

LONGEST = 5_000
DEEPEST = 40
_WORDS = frozenset({"and", "or", "not", "is", "missing"})
_MEANT = {"=": "==", "&": "and", "&&": "and", "|": "or", "||": "or", "!": "not", "≥": ">=", "≤": "<=", "≠": "!="}
BACKTICKS = "a name with other signs than letters, digits, _ and inner dots stands in `backticks`"
Node = Quantity | Condition


def parse(text: str) -> tuple[Condition, tuple[str, ...]]:
    """Return what a rule says, and the columns that it names, each once. Raises RuleFault."""
    if len(text) > LONGEST:
        raise RuleFault(f"expected at most {LONGEST} characters, found {len(text)}")
    parser = _Parser(tokens_of(text))
    condition = parser.rule()
    if not parser.columns:
        raise RuleFault("expected a condition on a column, found none: what is true of all rows tells nothing apart")
    return condition, tuple(parser.columns)


class _Parser:
    """Reads tokens from left to right, by recursive descent; ``columns`` are those that it has met."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens, self._next, self._depth = tokens, 0, 0
        self.columns: dict[str, None] = {}

    def rule(self) -> Condition:
        """Read all of it."""
        condition = self._condition(self._alternatives)
        if self._token.kind != "end":
            raise self._expected("'and', 'or' or the end")
        return condition

    def _alternatives(self) -> Node:
        return self._joined("or", self._conjunction, either)

    def _conjunction(self) -> Node:
        return self._joined("and", self._negation, All)

    def _joined(self, word: str, part: Callable[[], Node], join: Callable[[tuple[Condition, ...]], Condition]) -> Node:
        start = self._next
        first = part()
        if not self._is(word):
            return first
        parts = [self._as_condition(first, start)]
        while self._took(word):
            parts.append(self._condition(part))
        return join(tuple(parts))

    def _negation(self) -> Node:
        if self._took("not"):
            with self._deeper():
                return Not(self._condition(self._negation))
        return self._comparison()

    def _comparison(self) -> Node:
        start = self._next
        first = self._sum()
        if self._took("is"):
            quantity, opposite = self._as_quantity(first, start), self._took("not")
            if not self._took("missing"):
                raise self._expected("'missing' or 'not missing' after 'is'")
            return Not(Missing(quantity)) if opposite else Missing(quantity)
        if self._token.text not in COMPARISONS:
            return first
        quantities, signs = [self._as_quantity(first, start)], []
        while self._token.text in COMPARISONS:
            signs.append(self._take().text)
            quantities.append(self._quantity(self._sum))
        pairs = zip(pairwise(quantities), signs, strict=True)
        return All(tuple(Comparison(left, sign, right) for (left, right), sign in pairs))

    def _sum(self) -> Node:
        return self._chain(("+", "-"), self._product)

    def _product(self) -> Node:
        return self._chain(("*", "/"), self._operand)

    def _chain(self, signs: tuple[str, str], part: Callable[[], Node]) -> Node:
        start = self._next
        first = part()
        rest = []
        while self._token.kind == "sign" and self._token.text in signs:
            sign = self._take().text
            rest.append((sign, self._quantity(part)))
        return Arithmetic(self._as_quantity(first, start), tuple(rest)) if rest else first

    def _operand(self) -> Node:
        token = self._token
        if token.kind == "number":
            if not math.isfinite(value := float(self._take().text)):
                raise RuleFault(f"expected a number, found {token.shown}")
            return Constant(value)
        if token.kind == "quoted" or (token.kind == "name" and token.text.casefold() not in _WORDS):
            self._take()
            if token.kind == "name" and self._is("("):
                return self._call(token)
            self.columns[token.text] = None
            return Column(token.text)
        if self._took("-"):
            with self._deeper():
                return Arithmetic(Constant(0.0), (("-", self._quantity(self._operand)),))
        if self._took("("):
            with self._deeper():
                inner = self._alternatives()
            self._close()
            return inner
        raise self._expected("a number, a column or '('")

    def _call(self, name: Token) -> Quantity:
        if name.text not in FUNCTIONS:
            raise RuleFault(f"expected one of the functions {', '.join(FUNCTIONS)}, found {name.shown}")
        self._take()
        with self._deeper():
            arguments = [self._quantity(self._sum)]
            while self._took(","):
                arguments.append(self._quantity(self._sum))
        if (len(arguments) == 1) != (name.text == "abs"):
            wanted = "one quantity" if name.text == "abs" else "two quantities or more"
            raise RuleFault(f"expected {wanted} in {name.text}(…), found {len(arguments)} at character {name.place}")
        self._close()
        return Call(name.text, tuple(arguments))

    def _condition(self, part: Callable[[], Node]) -> Condition:
        start = self._next
        return self._as_condition(part(), start)

    def _quantity(self, part: Callable[[], Node]) -> Quantity:
        start = self._next
        return self._as_quantity(part(), start)

    def _as_condition(self, node: Node, start: int) -> Condition:
        if isinstance(node, Condition):
            return node
        raise self._expected(f"a comparison, such as >= 0.5, after the quantity {self._tokens[start].shown}")

    def _as_quantity(self, node: Node, start: int) -> Quantity:
        if isinstance(node, Quantity):
            return node
        raise RuleFault(f"expected a quantity, found a condition: {self._tokens[start].shown}")

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        self._next += 1
        return self._tokens[self._next - 1]

    def _is(self, text: str) -> bool:
        return self._token.kind in ("name", "sign") and self._token.text.casefold() == text

    def _took(self, text: str) -> bool:
        taken = self._is(text)
        self._next += taken
        return taken

    def _close(self) -> None:
        if not self._took(")"):
            raise self._expected("')'")

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        self._depth += 1
        if self._depth > DEEPEST:
            raise RuleFault(f"expected at most {DEEPEST} levels of parentheses and signs")
        yield
        self._depth -= 1

    def _expected(self, what: str) -> RuleFault:
        token = self._token
        hint = f" (did you mean '{_MEANT[token.text]}'?)" if token.text in _MEANT else ""
        before = self._tokens[self._next - 1] if self._next else token
        if token.kind == "odd" or (token.kind == "name" and before.place + len(before.text) == token.place):
            hint = f" ({BACKTICKS})"
        return RuleFault(f"expected {what}, found {token.shown}{hint}")
