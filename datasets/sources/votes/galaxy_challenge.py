"""The Galaxy Challenge: `training_solutions_rev1.csv` of Galaxy Zoo's competition, beside its images.

The images, `<GalaxyID>.jpg`, lie in a folder or archive beside the table (as `images_training_rev1`), or together with
it. Kaggle's download has three more tables of the same columns, which are examples of what competitors hand in for the
images of the test set, whose votes were not published: all ones, all zeros, and means of few groups of galaxies. They
are told by what is in them, and never taken; a table that names images of the test set alone is one of them.
"""

from collections.abc import Sequence
from functools import partial

from datasets.sources.listing import Evidence, Listing
from datasets.sources.options import SourceOptions
from datasets.sources.trees import Tree
from datasets.sources.votes.choice import Images, Labels, deciding, refuse_class_folders
from datasets.sources.votes.finding import images_by_stem
from datasets.sources.votes.reading import Votes, read_votes
from datasets.sources.votes.tables import VoteTable, has_labels, needed_tables, rules_of, vote_tables
from datasets.sources.votes.values import FEW_ROWS
from datasets.sources.votes.voted import listed
from datasets.splits import Split, split_named
from datasets.wording import few

OVER = frozenset({"votes", "class-folders", "table"})
OPTIONS = frozenset({"classes", "table", "id_column", "split_column", "keep_unlabelled"})
EXPECTED = "a folder or archive with training_solutions_rev1.csv and the images of the Galaxy Challenge"
_KEY, _KNOWN_BY = "galaxyid", {"galaxyid", "class1.1"}


def recognise(tree: Tree, options: SourceOptions) -> Evidence | None:
    """See a table of the Challenge's columns, and no column of labels."""
    tables, _ = vote_tables(tree, rules_of(options), _KNOWN_BY)
    if not tables or options.label_column is not None or (options.classes is None and has_labels(tree, options)):
        return None
    return Evidence(f"the columns of the Galaxy Challenge in {few([table.name for table in tables])}")


def list_source(tree: Tree, options: SourceOptions) -> Listing:
    """List the Galaxy Challenge. Raises SourceError where no table, or several, label its images."""
    tables = needed_tables(tree, options, _KNOWN_BY, expected=EXPECTED)
    images, rejected = images_by_stem(tree.beside() if tree.is_file else tree, options.wanted_bands)
    refuse_class_folders(tree, "galaxy-challenge", options)
    labels = deciding(tree, tables, images, partial(_read, images=images, options=options), options)
    return listed(tree, labels, images, rejected, options)


def _read(table: VoteTable, *, images: Images, options: SourceOptions) -> Labels:
    votes = read_votes(table, _KEY, options)
    paths = [images[name][0] for name in votes.galaxies if name in images]
    return Labels(votes, votes.galaxies, _doubt(votes, paths))


def _doubt(votes: Votes, paths: Sequence[str]) -> str:
    """Say by what a table that names some images is one of the benchmarks, or a submission; empty where it is none."""
    if "benchmark" in votes.source.name.casefold():
        return "a benchmark"
    if votes.rows >= FEW_ROWS and votes.distinct < votes.rows / 20:
        return f"a benchmark: its {votes.rows:,} rows have but {votes.distinct:,} different votes"
    if all(map(_is_test, paths)):
        return "a benchmark or a submission: it names images of the test set alone, whose votes were not published"
    return ""


def _is_test(path: str) -> bool:
    return any(split_named(part.partition(".")[0]) is Split.TEST for part in path.split("/")[:-1])
