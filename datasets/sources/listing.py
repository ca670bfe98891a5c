"""What every source is turned into before it is imported."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from datasets.arrow.provenance import Omission
from datasets.images.preparing import Content
from datasets.sources.side_table import SideTable
from datasets.splits import Split


@dataclass(frozen=True)
class Evidence:
    """What a form of source recognises in a tree: ``text`` is one line for a person."""

    text: str


@dataclass(frozen=True)
class Item:
    """A labelled image that has not been read yet.

    Attributes:
        id: its name, unique within the source and independent of where the source lies, such as ``spiral/100.jpg``.
        label: index into the source's classes; -1 for a galaxy of none.
        read: returns the image's content, or raises ImageError with the reason. Called from any thread, and,
            where it pickles, in other processes.
        split: the one that the source puts it in; None where it is to be drawn.
        object_id: the galaxy that it shows, where the source tells: images of one never come into different splits.
    """

    id: str
    label: int
    read: Callable[[], Content] = field(repr=False)
    split: Split | None = None
    object_id: str = ""


@dataclass(frozen=True)
class Listing:
    """All that a source holds: its classes in the order of the labels, and its images in a fixed order.

    Attributes:
        classes: names of the classes.
        items: the images.
        rejected: (file, reason) of what cannot even be listed as an image of a class.
        omitted: what belongs to no class or is not looked at, and why.
        labels_from: where the labels are from, for a person: ``the names of the folders``.
        splits_from: where the splits are from; empty where all are to be drawn.
        splits_stated: whether a column says them, image by image, and not names of files or folders.
        galaxies_from: the column that names the galaxies, where nobody asked for it; empty where none does.
        notes: what else a person should know of how the source was read.
        side: what a table says of the images beside their classes.
        unlabelled: images of galaxies that are known to be of no class, where these are to be kept.
    """

    classes: tuple[str, ...]
    items: tuple[Item, ...]
    rejected: tuple[tuple[str, str], ...] = ()
    omitted: tuple[Omission, ...] = ()
    labels_from: str = ""
    splits_from: str = ""
    splits_stated: bool = False
    galaxies_from: str = ""
    notes: tuple[str, ...] = ()
    side: SideTable | None = None
    unlabelled: tuple[Item, ...] = ()

    @property
    def counts(self) -> Mapping[str, int]:
        """Number of images by class, zeros included."""
        tally = Counter(item.label for item in self.items)
        return {name: tally[label] for label, name in enumerate(self.classes)}

    @property
    def left_out(self) -> int:
        """Number of images that are left out."""
        return sum(omission.count for omission in self.omitted)
