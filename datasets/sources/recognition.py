"""Which form a source has: every form says what it sees in its files."""

import importlib
from collections import Counter
from collections.abc import Set
from pathlib import PurePosixPath
from typing import Protocol, cast

from datasets.errors import SourceError
from datasets.sources.folders.class_files import class_files
from datasets.sources.forms import FORMS
from datasets.sources.label_tables.choice import labels_images, may_label, names_images
from datasets.sources.listing import Evidence, Listing
from datasets.sources.options import SourceOptions
from datasets.sources.trees import Tree, suffix_of
from datasets.wording import few

_BY_FOLDERS = ("class-folders", "fits")
"""Forms that have the labels from the names of folders."""
_PERHAPS_LABELS = (
    *(".json", ".txt", ".dat", ".data", ".lst", ".tbl", ".tex", ".pkl", ".pickle"),
    *(".db", ".sqlite", ".sqlite3", ".xml", ".yaml", ".yml"),
)
"""Suffixes of files in which labels may be that are no table; what is ``_TABLES`` is one."""
_TABLES = "which is CSV, TSV, Parquet, Feather, JSON Lines, FITS or VOTable, with the columns' names first"


class Form(Protocol):
    """What the module of a form has."""

    OVER: Set[str]
    """Names of the more general forms that the same tree may be taken for: this one is meant then."""
    OPTIONS: Set[str]
    """Those of the options that only some forms have a use for that it takes."""

    def recognise(self, tree: Tree, options: SourceOptions) -> Evidence | None:
        """Say what in the tree is of this form, or None; names, headers and magic numbers are looked at."""

    def list_source(self, tree: Tree, options: SourceOptions) -> Listing:
        """List the tree as one of this form. Raises SourceError where it is none."""


def form(name: str) -> Form:
    """Return the form of a name in FORMS."""
    return cast("Form", importlib.import_module(FORMS[name]))


def recognise(tree: Tree, options: SourceOptions) -> tuple[str, Evidence]:
    """Say of which form a source is, and by what.

    Raises SourceError where it may be several, with the option that decides, or none: then what it lacks for a table of
    labels, if it has one, or for class folders, which most sources are; and where options are given that the form has
    no use for: they may be what the user wants, and would not come true.
    """
    name, seen = _recognised(tree, options)
    if useless := sorted(options.asked - form(name).OPTIONS):
        using = [other for other in FORMS if useless[0] in form(other).OPTIONS]
        raise SourceError(
            f"--{useless[0].replace('_', '-')} has no meaning for {name}, which '{tree.path}' is taken for "
            f"({seen.text}): leave it out, or take the source for another form with --format {' or '.join(using)}"
        )
    return name, seen


def _recognised(tree: Tree, options: SourceOptions) -> tuple[str, Evidence]:
    if options.format != "auto":
        seen = form(options.format).recognise(tree, options)
        return options.format, seen or Evidence(f"--format {options.format}")
    seen_by = {name: seen for name in FORMS if (seen := form(name).recognise(tree, options)) is not None}
    seen_by = {name: seen for name, seen in seen_by.items() if options.asked <= form(name).OPTIONS} or seen_by
    special = {name: seen for name, seen in seen_by.items() if not any(name in form(other).OVER for other in seen_by)}
    if special.keys() == {"class-folders", "table"} and _agree(tree, options):
        return "table", Evidence(f"{special['table'].text}, which the names of the folders agree with")
    if len(special) > 1:
        readings = "; or ".join(f"--format {name} ({seen.text})" for name, seen in special.items())
        raise SourceError(f"'{tree.path}' can be read in {len(special)} ways: say which is meant with {readings}")
    for name, seen in special.items():
        if name in _BY_FOLDERS and not options.asked and _table_may_be_meant(tree, options):
            raise SourceError(
                f"'{tree.path}' can be read in 2 ways: with --format {name} ({seen.text}); or by a table, with "
                f"--format table, once this is mended: {_problem('table', tree, options)}"
            )
        return name, seen
    problem = _problem("class-folders", tree, options)
    if tree.tables and (tree.is_file or may_label(tree)):
        raise SourceError(_problem("table", tree, options))
    if tree.tables:
        raise SourceError(f"{problem}; nor can it be read as a table: {_problem('table', tree, options)}")
    unread = [name for name in tree.files if suffix_of(name) in _PERHAPS_LABELS] if not tree.is_file else []
    also = f"; {few(unread, most=3)} cannot be read as a table, {_TABLES}" if unread else ""
    raise SourceError(f"{problem}{also}")


def _problem(name: str, tree: Tree, options: SourceOptions) -> str:
    """Say why a source is not of a form."""
    try:
        form(name).list_source(tree, options)
    except SourceError as error:
        return str(error)
    raise AssertionError("what is not recognised cannot be listed")


def _table_may_be_meant(tree: Tree, options: SourceOptions) -> bool:
    """Say whether a table beside class folders labels images, or may, as the folders are numbered like parts."""
    numbered = map(str.isdecimal, class_files(tree, options).classes)
    return labels_images(tree) or (names_images(tree) and all(numbered))


def _agree(tree: Tree, options: SourceOptions) -> bool:
    """Say whether a table gives each image in class folders the class that the name of its folder is."""
    try:
        by_folder, by_table = (_labels(form(name).list_source(tree, options)) for name in ("class-folders", "table"))
    except SourceError:
        return False
    return by_folder <= by_table


def _labels(listing: Listing) -> Counter[tuple[str, str]]:
    """Count the images by name, without folders and suffix, and class."""
    return Counter((PurePosixPath(item.id).stem, listing.classes[item.label]) for item in listing.items)
