"""What every source is turned into before it is imported."""

from collections.abc import Callable
from dataclasses import dataclass, field

from datasets.images.preparing import Content
from datasets.sources.side_table import SideTable
from datasets.splits import Split


@dataclass(frozen=True)
class Item:
    """A labelled image that has not been read yet.

    Attributes:
        id: its name, unique within the source and independent of where the source lies, such as ``spiral/100.jpg``.
        label: index into the source's classes.
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

    ``rejected`` is (file, reason) of what cannot even be listed as an image of a class, ``left_out`` the number of
    images that belong to no class; ``side`` has what a table says of the images beside their classes.
    """

    classes: tuple[str, ...]
    items: tuple[Item, ...]
    rejected: tuple[tuple[str, str], ...] = ()
    left_out: int = 0
    side: SideTable | None = None
