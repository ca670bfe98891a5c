"""What sources with the volunteers' votes have in common: a class for each galaxy by name, and images by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from datasets.errors import SourceError
from datasets.sources.five_classes import CLASSES, Answer, five_classes
from datasets.sources.listing import Item, Listing
from datasets.sources.trees import Tree, images_by_stem, open_tree, refusal, tables_in
from datasets.tables.reading import Table, is_table, table_file


@dataclass(frozen=True)
class Galaxy:
    """What a table says of an image.

    Attributes:
        label: index into ``five_classes.CLASSES``, -1 for none.
        object_id: the galaxy that it shows.
    """

    label: int
    object_id: str


def find_table(tree: Tree, *columns: str, expected: str) -> tuple[Tree, Table]:
    """Find the table that has some columns in a source, and the folder or zip that it lies in.

    Raises SourceError if none has them, or the first damaged one's.
    """
    damaged: list[SourceError] = []
    for home, table in tables_in(tree):
        try:
            header = table.header()
        except SourceError as error:
            damaged.append(error)
            continue
        if set(columns) <= {column.strip().casefold() for column in header}:
            return home, table
    if damaged:
        raise damaged[0]
    raise refusal(tree.path, expected, f"no table with the column '{columns[0]}'")


def read_votes(
    source: Path, known_by: Sequence[str], columns: Mapping[Answer, str], *, expected: str
) -> tuple[Tree, dict[str, int]]:
    """Read vote fractions, given the folder or zip that holds their table, or the table itself.

    Args:
        source: where they are.
        known_by: columns that their table is known by; the first has the galaxies' names.
        columns: the one of each answer.
        expected: what is said to be expected where there is no such table.

    Returns:
        The folder or zip, and the class (or -1) by the galaxy's name.

    Raises:
        SourceError: there is no such table, or it is damaged.
    """
    alone, key = source.is_file() and is_table(source.name), known_by[0]
    tree = open_tree(source.parent if alone else source, expected=expected)
    table = table_file(source) if alone else find_table(tree, *known_by, expected=expected)[1]
    labels: dict[str, int] = {}
    types = {key: pa.string()} | dict.fromkeys(columns.values(), pa.float64())
    for batch in table.read(types):
        fractions = {
            answer: np.asarray(batch[name].to_numpy(zero_copy_only=False), np.float64)
            for answer, name in columns.items()
        }
        names = (str(name).strip() for name in batch[key].to_pylist())
        labels.update(zip(names, five_classes(fractions).tolist(), strict=True))
    return tree, labels


def listed(tree: Tree, galaxies: Mapping[str, Galaxy], *, expected: str) -> Listing:
    """Join images and galaxies, which are keyed by the images' names without folders and suffix.

    An image without a class, or of which the tables say nothing, is left out; a galaxy with a class but without an
    image is rejected. Raises SourceError where no image has a class.
    """
    images, rejected = images_by_stem(tree)
    labelled = [(stem, galaxies[stem]) for stem in images if stem in galaxies and galaxies[stem].label >= 0]
    if not labelled:
        raise refusal(tree.path, expected, f"{len(images)} images, none of which has a class")
    rejected += [
        (stem, "the source has no image of it")
        for stem, galaxy in galaxies.items()
        if galaxy.label >= 0 and stem not in images
    ]
    present = sorted({galaxy.label for _, galaxy in labelled})
    labels = {label: new for new, label in enumerate(present)}
    items = [
        Item(images[stem][0], labels[galaxy.label], images[stem][1], object_id=galaxy.object_id)
        for stem, galaxy in labelled
    ]
    return Listing(
        tuple(CLASSES[label] for label in present),
        tuple(sorted(items, key=lambda item: (item.label, item.id))),
        tuple(rejected),
        len(images) - len(labelled),
    )
