"""Which columns the words of rules stand for, since tables of different surveys name them differently."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datasets.errors import SourceError
from datasets.sources.votes.rules.grammar import BACKTICKS
from datasets.wording import few


@dataclass(frozen=True)
class Wording:
    """The columns that the words of the rules stand for in one kind of table; ``name`` is that kind's, or empty."""

    name: str
    columns: Mapping[str, str]

    def fits(self, header: Sequence[str]) -> bool:
        """Say whether a table of this header has all the columns, in any case unless they differ in case alone."""
        wanted, present = set(self.columns.values()), {name.strip() for name in header}
        keys = {name.casefold() for name in wanted}
        return keys <= {name.casefold() for name in present} if len(keys) == len(wanted) else wanted <= present


def lacking(wordings: Sequence[Wording], header: Sequence[str], table: str, rules: str) -> SourceError:
    """Make the error that says which column a table lacks for rules, and which it has, the nearest first of all."""
    known = {name.strip().casefold(): name.strip() for name in reversed(header)}
    absent = [[name for name in one.columns.values() if name.casefold() not in known] for one in wordings]
    least = min(absent, key=len)
    nearest = wordings[absent.index(least)]
    missing = least[0] if least else next(name for name in nearest.columns.values() if name not in known.values())
    expected = f"the column '{missing}'" + (f" of {nearest.name}" if nearest.name else "")
    if len(wordings) > 1 and len(least) == len(set(nearest.columns.values())):
        expected = f"the columns of {few([one.name for one in wordings], most=20)}"
    return SourceError(
        f"'{table}' cannot be imported: expected {expected}, for the rules of {rules}, found "
        f"{few([name.strip() for name in header])}{_near(missing, known)}"
    )


def _near(name: str, known: Mapping[str, str]) -> str:
    """Say which columns a name may have meant: those that are spelled nearly so, or begin with it."""
    begun = [key for key in known if key.startswith(f"{name.casefold()}-") or key.startswith(f"{name.casefold()} ")]
    near = begun[:1] or difflib.get_close_matches(name.casefold(), known, n=1, cutoff=0.6)
    if not near:
        return ""
    found = known[near[0]]
    return f"; the nearest is '{found}'" + (f" ({BACKTICKS})" if begun else "")
