"""Votes of any kind: a table with the columns of rules, and images that one of its columns names.

The rules are those of ``--classes``, or Zhu's where the columns are those of a survey that they know: Galaxy Zoo
DECaLS and DESI, CANDELS, Hubble. A column of labels goes before votes, unless ``--classes`` is given.
"""

import contextlib
import posixpath
from functools import partial
from pathlib import PurePosixPath

from datasets.errors import SourceError
from datasets.images.image_columns import IMAGE_COLUMNS, known
from datasets.sources.label_tables.image_finding import ImageFinder
from datasets.sources.label_tables.layout import name_within
from datasets.sources.listing import Evidence, Listing
from datasets.sources.options import SourceOptions
from datasets.sources.trees import Tree, described, refusal
from datasets.sources.votes.choice import Images, Labels, deciding, refuse_class_folders
from datasets.sources.votes.finding import images_by_stem
from datasets.sources.votes.image_names import ImageNames
from datasets.sources.votes.naming_columns import naming_column
from datasets.sources.votes.reading import read_votes
from datasets.sources.votes.rules.rule_set import built_in, read_rules
from datasets.sources.votes.rules.wordings import lacking
from datasets.sources.votes.tables import VoteTable, has_labels, is_vote, rules_of, vote_tables
from datasets.sources.votes.voted import listed
from datasets.tables.reading import Table
from datasets.wording import few

OVER = frozenset({"class-folders", "fits", "table"})
OPTIONS = frozenset({"classes", "table", "image_column", "id_column", "split_column", "keep_unlabelled"})
EXPECTED = "a table of votes, and images that it names"


def recognise(tree: Tree, options: SourceOptions) -> Evidence | None:
    """See a table of votes that the rules know; with ``--classes``, whatever there is; or votes without a label."""
    if options.classes is not None:
        return Evidence(f"--classes {options.classes}")
    if options.label_column is not None or has_labels(tree, options):
        return None
    if tables := vote_tables(tree, rules_of(options))[0]:
        return Evidence(f"votes of {tables[0].wording.name} in {few([table.name for table in tables])}")
    found = _unknown_votes(tree)
    return None if found is None else Evidence(f"votes in {_file(found[0])}: {few(found[1])}")


def list_source(tree: Tree, options: SourceOptions) -> Listing:
    """List images by their votes. Raises SourceError where no table, or several, label them."""
    tables, damaged = vote_tables(tree, rules_of(options))
    if not tables:
        raise damaged[0] if damaged else _refused(tree, options)
    refuse_class_folders(tree, "votes", options)
    home = tree.beside() if tree.is_file else tree
    images, rejected = images_by_stem(home, options.wanted_bands)
    read = partial(_read, tree=tree, home=home, images=images, options=options)
    return listed(tree, deciding(tree, tables, images, read, options), images, rejected, options)


def _read(table: VoteTable, *, tree: Tree, home: Tree, images: Images, options: SourceOptions) -> Labels:
    key = options.image_column or naming_column(table.table, images.keys())
    base = posixpath.dirname(name_within(tree, table.table))
    names = ImageNames(table.table, key, images, ImageFinder(home, base, None, options.wanted_bands))
    votes = read_votes(table, key, options, names.of)
    return Labels(votes, votes.galaxies, notes=names.notes, by_path=names.are_paths)


def _unknown_votes(tree: Tree) -> tuple[Table, list[str]] | None:
    """Find a table that has a column for images, and several that look like votes."""
    for table in tree.tables:
        with contextlib.suppress(SourceError):
            header = table.header()
            votes = [name for name in header if is_vote(name)]
            if len(votes) > 1 and known(header, IMAGE_COLUMNS):
                return table, votes
    return None


def _file(table: Table) -> str:
    return PurePosixPath(table.name).name


def _refused(tree: Tree, options: SourceOptions) -> SourceError:
    """Make the error that says what the rules lack in the tables, or that rules are needed."""
    found = _unknown_votes(tree)
    if options.classes is None and found is not None:
        table, votes = found
        fitting = [name for name in built_in() if any(one.fits(table.header()) for one in read_rules(name).wordings)]
        ways = " or ".join([*fitting, "rules.toml"])
        return refusal(
            tree.path,
            "votes of a survey whose rules are known",
            f"{_file(table)} with the columns {few(votes)}: say what makes a class with --classes {ways}, which has a "
            f"line [classes], and below one for each class, such as spiral = '`{votes[0]}` >= 0.8'; without votes "
            "--format decides",
        )
    rules = rules_of(options)
    for table in tree.tables:
        return lacking(rules.wordings, table.header(), _file(table), rules.origin)
    return refusal(tree.path, EXPECTED, described(tree))
