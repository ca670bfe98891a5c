"""What every source is turned into before it is imported."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Item:
    """A labelled image that has not been read yet.

    Attributes:
        id: its name, unique within the source and independent of where the source lies, such as ``spiral/100.jpg``.
        label: index into the source's classes.
        read: returns the whole file, or raises ImageError with the reason. Called from any thread.
    """

    id: str
    label: int
    read: Callable[[], bytes] = field(repr=False)


@dataclass(frozen=True)
class Listing:
    """All that a source holds.

    Attributes:
        classes: names in the order of the labels.
        items: the images in a fixed order, whatever the order of the file system.
        rejected: (file, reason) of what cannot even be listed as an image of a class.
        left_out: number of images that belong to no class.
    """

    classes: tuple[str, ...]
    items: tuple[Item, ...]
    rejected: tuple[tuple[str, str], ...] = ()
    left_out: int = 0
