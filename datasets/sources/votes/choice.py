"""Which of a source's tables of votes labels its images."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from datasets.arrow.provenance import Omission
from datasets.errors import SourceError
from datasets.sources.folders.class_files import class_files
from datasets.sources.label_tables.layout import name_within
from datasets.sources.options import SourceOptions
from datasets.sources.trees import Tree, refusal
from datasets.sources.votes.finding import Read
from datasets.sources.votes.reading import Galaxy, Votes
from datasets.sources.votes.tables import VoteTable
from datasets.wording import few

Images = Mapping[str, tuple[str, Read]]
"""(path, how to read it) by an image's name without folders and suffix."""


@dataclass(frozen=True)
class Labels:
    """What a table of votes says.

    Attributes:
        votes: it, read.
        galaxies: by their images' names.
        doubt: why its votes are none, or empty.
        passed: tables that were passed over for it.
        notes: what a person should know of how images were found.
        by_path: whether it names images with their folders.
    """

    votes: Votes
    galaxies: Mapping[str, Galaxy]
    doubt: str = ""
    passed: tuple[Omission, ...] = ()
    notes: tuple[str, ...] = ()
    by_path: bool = False


Reader = Callable[[VoteTable], Labels]


def deciding(tree: Tree, tables: Sequence[VoteTable], images: Images, read: Reader, options: SourceOptions) -> Labels:
    """Return the table of votes that labels the images, or that of ``--table``, whatever is doubtful about it.

    Raises SourceError where none does, or several do and differ.
    """
    several: list[Labels] = []
    passed: list[Omission] = []
    for table in _named(tree, tables, options.table):
        labels = _read(table, read, alone=len(tables) == 1)
        if not images.keys() & labels.galaxies.keys():
            passed.append(Omission(table.name, 0, f"names no image here{_examples(labels.galaxies, images)}"))
        elif labels.doubt and options.table is None:
            passed.append(Omission(table.name, 0, labels.doubt))
        else:
            several.append(labels)
    if not images:
        found = f"{few([table.name for table in tables])} and no image: give the folder that holds both"
        raise refusal(tree.path, "a table of votes for the images beside it", found)
    if not several:
        found = "; ".join(f"{omission.what}: {omission.why}" for omission in passed)
        raise refusal(tree.path, "a table of votes for the images beside it", found)
    first, *others = several
    for other in others:
        if _labelled(other, images) != _labelled(first, images):
            names = [name_within(tree, labels.votes.source.table) for labels in several]
            ways = "; or ".join(f"--table {shlex.quote(name)}" for name in names[:3])
            raise SourceError(
                f"'{tree.path}' has {len(several)} tables of votes: say which gives the labels with {ways}"
            )
        passed.append(Omission(other.votes.source.name, 0, f"the same labels as {first.votes.source.name}"))
    return replace(first, passed=tuple(passed))


def refuse_class_folders(tree: Tree, form: str, options: SourceOptions) -> None:
    """Raise SourceError where the images lie in folders that may name their classes: votes or they may be meant.

    Names with numbers are those of parts of a survey, such as ``J075``.
    """
    if options.format != "auto" or options.classes is not None:
        return
    try:
        classes = class_files(tree, options).classes
    except SourceError:
        return
    if len([name for name in classes if not any(map(str.isdecimal, name))]) > 1:
        raise SourceError(
            f"'{tree.path}' can be read in 2 ways: say which is meant with --format class-folders ({few(classes)}); "
            f"or --format {form}, whose classes are made of votes"
        )


def _read(table: VoteTable, read: Reader, *, alone: bool) -> Labels:
    try:
        labels = read(table)
    except SourceError as error:
        raise SourceError(f"{error}{'' if alone else '; or take another table with --table NAME'}") from error
    votes = labels.votes
    return replace(labels, doubt="all its rows are the same") if votes.rows > 1 and votes.distinct == 1 else labels


def _named(tree: Tree, tables: Sequence[VoteTable], given: str | None) -> Sequence[VoteTable]:
    if given is None:
        return tables
    chosen = [table for table in tables if f"/{table.table.name}".endswith(f"/{given}")]
    if not chosen:
        names = few([table.name for table in tables])
        raise SourceError(f"--table: '{tree.path}' has no table of votes '{given}': it has {names}")
    return chosen


def _labelled(labels: Labels, images: Images) -> dict[str, Galaxy]:
    return {stem: labels.galaxies[stem] for stem in images if stem in labels.galaxies}


def _examples(galaxies: Mapping[str, Galaxy], images: Images) -> str:
    one, other = next(iter(galaxies), None), next(iter(images.values()), None)
    return f" (a galaxy is '{one}', an image '{other[0]}')" if one and other else ""
