"""Classes that are left out because they were asked to be, or have too few images."""

from collections import Counter
from dataclasses import replace

from datasets.arrow.provenance import Omission
from datasets.classes import NONE_OF_THESE, class_key, class_mapping
from datasets.errors import SourceError
from datasets.sources.listing import Listing
from datasets.sources.options import SourceOptions
from datasets.wording import few


def narrowed(listing: Listing, options: SourceOptions) -> Listing:
    """Leave out the classes of ``drop_class``, and those of fewer than ``min_images`` images.

    Raises SourceError where a class to drop is none of the source's, or one that is kept has a name that says more.
    """
    dropped = set[int]()
    for name, label in zip(options.drop_class, class_mapping(options.drop_class, listing.classes), strict=True):
        if label is None:
            raise SourceError(f"--drop-class '{name}' is no class of the source: it has {few(listing.classes)}")
        dropped.add(label)
    counts = Counter(item.label for item in listing.items)
    reasons = {}
    for label in range(len(listing.classes)):
        if label in dropped:
            reasons[label] = "--drop-class"
        elif counts[label] < options.min_images:
            reasons[label] = f"fewer than --min-images {options.min_images}"
    for label, name in enumerate(listing.classes):
        if label not in reasons and class_key(name) == NONE_OF_THESE:
            raise SourceError(
                f"expected no class named '{NONE_OF_THESE}', which is what galaxies of no class are called, found "
                f"'{name}': rename it, or leave it out with --drop-class '{name}'; --unlabelled takes such galaxies"
            )
    if not reasons:
        return listing
    kept = [label for label in range(len(listing.classes)) if label not in reasons]
    numbers = {label: number for number, label in enumerate(kept)}
    omitted = [
        Omission(f"class '{listing.classes[label]}'", counts[label], reason) for label, reason in reasons.items()
    ]
    return replace(
        listing,
        classes=tuple(listing.classes[label] for label in kept),
        items=tuple(replace(item, label=numbers[item.label]) for item in listing.items if item.label in numbers),
        omitted=(*listing.omitted, *omitted),
    )
