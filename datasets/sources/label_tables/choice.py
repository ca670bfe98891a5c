"""Which of a source's tables has the labels: one, one for each split, or one in several parts."""

import posixpath
import re
import shlex
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from datasets.arrow.provenance import Omission
from datasets.errors import SourceError
from datasets.images.image_columns import IMAGE_COLUMNS, known
from datasets.sources.label_tables.columns import LABEL_COLUMNS, only_once
from datasets.sources.label_tables.labels import tells_apart
from datasets.sources.label_tables.layout import Layout, layout_of, name_of_split, name_within
from datasets.sources.label_tables.legends import LEGENDS
from datasets.sources.options import SourceOptions
from datasets.sources.trees import Tree, refusal
from datasets.tables.reading import Table
from datasets.wording import few

EXPECTED = "a table of images and their classes, or a folder or archive that holds one"
_DUMMY = re.compile(r"sample.?sub|submission|benchmark", re.IGNORECASE)


@dataclass(frozen=True)
class Choice:
    """The tables that are read, one after another, and those that are not."""

    layouts: tuple[Layout, ...]
    omitted: tuple[Omission, ...]


def choose_tables(tree: Tree, options: SourceOptions) -> Choice:
    """Choose among the tables of a tree those that lead to images with classes.

    Raises SourceError, with the option that decides, where there are none or several that do not belong together.
    """
    layouts, problems = labelling(tree, options)
    if not layouts:
        raise SourceError(problems[0]) if problems else refusal(tree.path, EXPECTED, "no table")
    if not _belong_together(layouts):
        splits = [layout for layout in layouts if layout.split is not None]
        together = splits if len(splits) > 1 and _belong_together(splits) else []
        choices = [layout.name for layout in layouts if layout not in together]
        choices += [",".join(layout.name for layout in together)] if together else []
        commands = " or ".join(f"--table {shlex.quote(choice)}" for choice in choices[:3])
        raise SourceError(
            f"'{tree.path}' has the tables {few([layout.name for layout in layouts])}, which all have classes of "
            f"images: say which is meant with {commands}"
        )
    used = {layout.name for layout in layouts}
    names = [name for name in (name_within(tree, table) for table in tree.tables) if name not in used]
    names = [name for name in names if posixpath.basename(name) not in LEGENDS]  # names of classes
    return Choice(tuple(layouts), tuple(Omission(name, 0, "a table that is not used") for name in names))


def labelling(tree: Tree, options: SourceOptions) -> tuple[list[Layout], list[str]]:
    """Return the tables that lead to images with classes, and what the others lack. Raises SourceError."""
    layouts, problems = [], []
    for table in _asked_for(tree, options):
        try:
            layouts.append(layout_of(tree, table, options))
        except SourceError as error:
            problems.append(str(error))  # not the error, which holds this frame and so the open archives
    return [layout for layout in layouts if not _DUMMY.search(layout.name)] or layouts, problems


def may_label(tree: Tree) -> bool:
    """Say whether a source is a table, or has one with columns that are called as those of images or classes are."""
    return bool(tree.tables) and (tree.is_file or any(map(_is_telling, tree.tables)))


def labels_images(tree: Tree) -> bool:
    """Say whether a source has a table with columns that are called as those of images and of several classes are."""
    tables = (table for table in tree.tables if not _DUMMY.search(name_within(tree, table)))
    return any(
        all(_telling(table))
        and any(tells_apart(table, [name]) for name in known(only_once(table.header()), LABEL_COLUMNS))
        for table in tables
    )


def names_images(tree: Tree) -> bool:
    """Say whether a source has a table with a column that is called as those of images are."""
    return any(_telling(table)[0] for table in tree.tables if not _DUMMY.search(name_within(tree, table)))


def _is_telling(table: Table) -> bool:
    return any(_telling(table))


def _telling(table: Table) -> tuple[bool, bool]:
    """Say whether a table has columns with names of those of images, and of classes."""
    names = sorted(_columns(table))
    return bool(known(names, IMAGE_COLUMNS)), bool(known(names, LABEL_COLUMNS))


def _columns(table: Table) -> set[str]:
    try:
        return set(table.header())
    except SourceError:
        return set()


def _asked_for(tree: Tree, options: SourceOptions) -> Sequence[Table]:
    """Return the tables that may be meant, those first that have the columns asked for, or of names that are known."""
    if options.table is None:
        legends = {name for name in LEGENDS if name.endswith(".csv")}
        tables = [table for table in tree.tables if posixpath.basename(table.name) not in legends or tree.is_file]
        wanted = {options.image_column, options.label_column}
        return sorted(
            tables,
            key=lambda table: (not _DUMMY.search(table.name), len(wanted & _columns(table)), _is_telling(table)),
            reverse=True,
        )
    names = {name_within(tree, table): table for table in tree.tables}
    asked = [options.table] if options.table in names else options.table.split(",")
    found = [[names[name] for name in names if name == part or name.endswith(f"/{part}")] for part in asked]
    if any(len(tables) != 1 for tables in found):
        raise SourceError(
            f"--table {options.table}: expected some of the tables of '{tree.path}', which are "
            f"{few(list(names), most=20)}"
        )
    return [table for tables in found for table in tables]


def _belong_together(layouts: Sequence[Layout]) -> bool:
    """Say whether tables are parts of one, or have the same columns and one split each."""
    parts: defaultdict[str, list[Layout]] = defaultdict(list)
    for layout in layouts:
        parts[name_of_split(layout.name) if "-of-" in layout.name else layout.name].append(layout)
    splits = [part[0].split for part in parts.values()]
    apart = len(parts) == 1 or (None not in splits and len(set(splits)) == len(splits))
    return apart and len({(layout.image, layout.labels) for layout in layouts}) == 1
