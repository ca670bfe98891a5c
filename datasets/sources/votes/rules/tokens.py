"""What a rule is made of: numbers, names and signs, each with its place."""

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))|(?P<name>[^\W\d]\w*(?:\.\w+)*)|`(?P<quoted>[^`\n]+)`"
    r"|(?P<odd>\d[\w.]*)|(?P<sign>[<>=!]=|&&|\|\||\*\*|\S)"
)


class RuleFault(ValueError):
    """A text is no rule; the message says what was expected, and what was found where."""


@dataclass(frozen=True)
class Token:
    """A number, name or sign: ``kind`` is its group in the pattern, or `end`; ``place`` is counted from 1."""

    kind: str
    text: str
    place: int

    @property
    def shown(self) -> str:
        """What it is and where, for a message."""
        return "the end" if self.kind == "end" else f"'{self.text}' at character {self.place}"


def tokens_of(text: str) -> list[Token]:
    """Return what a text is made of, blanks left out, and its end."""
    matches = _TOKEN.finditer(text)
    tokens = [Token(match.lastgroup or "", match[match.lastgroup or 0], match.start() + 1) for match in matches]
    return [*tokens, Token("end", "", len(text) + 1)]
