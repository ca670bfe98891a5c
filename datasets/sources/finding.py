"""What the votes' forms look for in a tree: a table with certain columns, and images by their names."""

from collections.abc import Callable
from pathlib import PurePosixPath

from datasets.errors import SourceError
from datasets.sources.trees import Tree, is_image, refusal
from datasets.tables.reading import Table

Read = Callable[[], bytes]


def columns_of(table: Table) -> set[str]:
    """Return the names of a table's columns in small letters; none where it is damaged."""
    try:
        return {name.strip().casefold() for name in table.header()}
    except SourceError:  # a stray file; a source that is about it is refused where it is listed
        return set()


def find_table(tree: Tree, *columns: str, expected: str) -> Table:
    """Find the table that has some columns in a source.

    Raises SourceError if none has them, or the first damaged one's.
    """
    if tree.is_file and tree.tables:
        return tree.tables[0]  # reading it says which columns it lacks
    damaged: list[SourceError] = []
    for table in tree.tables:
        try:
            header = table.header()
        except SourceError as error:
            damaged.append(error)
            continue
        if set(columns) <= {column.strip().casefold() for column in header}:
            return table
    if damaged:
        raise damaged[0]
    raise refusal(tree.path, expected, f"no table with the column '{columns[0]}'")


def images_by_stem(tree: Tree) -> tuple[dict[str, tuple[str, Read]], list[tuple[str, str]]]:
    """Find each image of a tree by its name without folders and suffix.

    Returns (path, how to read it) by stem, and (file, reason) of what must not or cannot be told apart.
    """
    images: dict[str, tuple[str, Read]] = {}
    rejected = list(tree.rejected)
    for name in filter(is_image, tree.files):
        stem = PurePosixPath(name).stem
        if stem in images:
            rejected.append((name, f"has the same name as {images[stem][0]}"))
        else:
            images[stem] = (name, tree.reader(name))
    return images, rejected
