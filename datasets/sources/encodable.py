"""Names that are not UTF-8, as those of files made on other systems may be: ``b"galaxie_\\xe9.jpg"``.

Python reads such bytes as lone surrogates, which neither Arrow nor a terminal takes.
"""

from dataclasses import replace

from datasets.arrow.provenance import Omission
from datasets.sources.listing import Item, Listing


def encodable(listing: Listing) -> Listing:
    """Write what is not UTF-8 in the names of a listing as ``\\udce9``; all else stays."""
    items = (*listing.items, *listing.unlabelled)
    rejected = (text for pair in listing.rejected for text in pair)
    told = (listing.labels_from, listing.splits_from, *listing.notes, *(one.what for one in listing.omitted))
    names = (*(item.id for item in items), *(item.object_id for item in items), *rejected, *listing.classes, *told)
    if as_utf8(together := "\n".join(names)) == together:
        return listing
    side = listing.side
    return replace(
        listing,
        classes=tuple(map(as_utf8, listing.classes)),
        items=tuple(map(_item, listing.items)),
        rejected=tuple((as_utf8(file), as_utf8(reason)) for file, reason in listing.rejected),
        omitted=tuple(map(omission_in_utf8, listing.omitted)),
        labels_from=as_utf8(listing.labels_from),
        splits_from=as_utf8(listing.splits_from),
        notes=tuple(map(as_utf8, listing.notes)),
        side=None if side is None else replace(side, rows={as_utf8(name): row for name, row in side.rows.items()}),
        unlabelled=tuple(map(_item, listing.unlabelled)),
    )


def as_utf8(text: str) -> str:
    """Return a text with what is not UTF-8 in it written out."""
    return text.encode("utf-8", "backslashreplace").decode()


def omission_in_utf8(omission: Omission) -> Omission:
    """Return an omission with such a text."""
    return replace(omission, what=as_utf8(omission.what))


def _item(item: Item) -> Item:
    return replace(item, id=as_utf8(item.id), object_id=as_utf8(item.object_id))
