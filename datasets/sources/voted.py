"""What sources with the volunteers' votes have in common: a class for each galaxy by name, and images by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from datasets.arrow.provenance import Omission
from datasets.sources.finding import find_table, images_by_stem
from datasets.sources.five_classes import CLASSES, Answer, five_classes
from datasets.sources.listing import Item, Listing
from datasets.sources.trees import Tree, refusal


@dataclass(frozen=True)
class Galaxy:
    """What a table says of an image: its class, an index into CLASSES or -1 for none, and the galaxy that it shows."""

    label: int
    object_id: str


def read_votes(tree: Tree, known_by: Sequence[str], columns: Mapping[Answer, str], *, expected: str) -> dict[str, int]:
    """Read vote fractions from their table in a tree.

    The table is known by the columns ``known_by``, of which the first has the galaxies' names; ``columns`` are those of
    the answers. Returns the class (or -1) by the galaxy's name.

    Raises SourceError, saying what is ``expected``, where there is no such table, or it is damaged.
    """
    key, table = known_by[0], find_table(tree, *known_by, expected=expected)
    labels: dict[str, int] = {}
    types = {key: pa.string()} | dict.fromkeys(columns.values(), pa.float64())
    for batch in table.read(types):
        fractions = {answer: batch[name].to_numpy(zero_copy_only=False) for answer, name in columns.items()}
        names = (str(name).strip() for name in batch[key].to_pylist())
        labels.update(zip(names, five_classes(fractions).tolist(), strict=True))
    return labels


def listed(tree: Tree, galaxies: Mapping[str, Galaxy], *, expected: str) -> Listing:
    """Join images and galaxies, which are keyed by the images' names without folders and suffix.

    An image without a class, or of which the tables say nothing, is left out; a galaxy with a class but without an
    image is rejected. Raises SourceError where no image has a class.
    """
    images, rejected = images_by_stem(tree.beside() if tree.is_file else tree)
    classified = {stem: galaxy for stem, galaxy in galaxies.items() if galaxy.label >= 0}
    labelled = [(stem, classified[stem]) for stem in images if stem in classified]
    if not labelled:
        raise refusal(tree.path, expected, f"{len(images)} images, none of which has a class")
    rejected += [(stem, "the source has no image of it") for stem in classified if stem not in images]
    present = sorted({galaxy.label for _, galaxy in labelled})
    items = [
        Item(images[stem][0], present.index(galaxy.label), images[stem][1], object_id=galaxy.object_id)
        for stem, galaxy in labelled
    ]
    items.sort(key=lambda item: (item.label, item.id))
    classes = tuple(CLASSES[label] for label in present)
    unlabelled = len(images) - len(labelled)
    left = (Omission("images without a class", unlabelled, "no votes, or none that meet a rule"),) if unlabelled else ()
    return Listing(classes, tuple(items), tuple(rejected), left, labels_from="the volunteers' votes")
