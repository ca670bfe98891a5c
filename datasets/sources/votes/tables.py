"""Tables of votes: those that have the columns of rules."""

import contextlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePosixPath

from datasets.errors import SourceError
from datasets.sources.label_tables.choice import labelling
from datasets.sources.options import SourceOptions
from datasets.sources.trees import Tree, refusal
from datasets.sources.votes.rules.rule_set import Rules, read_rules
from datasets.sources.votes.rules.wordings import Wording
from datasets.tables.reading import Table
from datasets.wording import few

_VOTES = re.compile(
    r"(fraction|frac|debiased|weighted|votes?)\Z|\A(smooth-or-featured|how-rounded|disk-edge-on|t\d\d_)"
    r"|\Ap_(el|cw|acw|edge|dk|mg|cs)(_|\Z)|\Aclass\d+\.\d+\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class VoteTable:
    """A table that has the columns of rules: ``wording`` says which, ``unused`` which kinds of columns it has too."""

    table: Table
    rules: Rules
    wording: Wording
    unused: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of its file."""
        return PurePosixPath(self.table.name).name


def rules_of(options: SourceOptions) -> Rules:
    """Return the rules that make classes of votes: those of ``--classes``, or Zhu's. Raises SourceError."""
    return read_rules(options.classes or "zhu")


def vote_tables(tree: Tree, rules: Rules, needed: Collection[str] = ()) -> tuple[list[VoteTable], list[SourceError]]:
    """Find the tables that have the columns of rules, and those ``needed``, in small letters; and damaged tables."""
    found, damaged = [], []
    for table in tree.tables:
        try:
            header = table.header()
        except SourceError as error:  # perhaps a stray file
            damaged.append(error.with_traceback(None))  # whose frames would keep the source open
            continue
        fitting = [wording for wording in rules.wordings if wording.fits(header)]
        if fitting and set(needed) <= {name.strip().casefold() for name in header}:
            found.append(VoteTable(table, rules, fitting[0], tuple(wording.name for wording in fitting[1:])))
    return found, damaged


def needed_tables(tree: Tree, options: SourceOptions, needed: Collection[str], *, expected: str) -> list[VoteTable]:
    """Find the tables that have the columns of rules, and those ``needed``, in small letters.

    Raises SourceError where there is none, saying what is ``expected``, or the first damaged table's.
    """
    found, damaged = vote_tables(tree, rules_of(options), needed)
    if found:
        return found
    if damaged:
        raise damaged[0]
    raise refusal(tree.path, expected, f"no table with the columns {few(sorted(needed))} and those that the rules name")


def is_vote(name: str) -> bool:
    """Say whether a column is called as votes are."""
    return _VOTES.search(name.strip()) is not None


def has_labels(tree: Tree, options: SourceOptions) -> bool:
    """Say whether a table has classes of images in columns that are no votes."""
    with contextlib.suppress(SourceError):
        return any(not all(map(is_vote, layout.labels)) for layout in labelling(tree, options)[0])
    return False
