"""From a path to the images that are to be imported, and what was taken for what."""

from dataclasses import dataclass, replace
from pathlib import Path

from datasets.arrow.description import FILE, FORMAT
from datasets.arrow.provenance import Provenance
from datasets.errors import SourceError
from datasets.sources.encodable import as_utf8, encodable, omission_in_utf8
from datasets.sources.galaxies import of_one_name, with_several
from datasets.sources.listing import Listing
from datasets.sources.narrowing import narrowed
from datasets.sources.options import SourceOptions
from datasets.sources.recognition import form, recognise
from datasets.sources.spellings import apart, joined
from datasets.sources.trees import EXPECTED, Tree, open_source, refusal
from datasets.splits import Split
from datasets.storage.folders import open_folder
from datasets.storage.remote import tells_secret
from datasets.wording import few, shown_name


@dataclass(frozen=True)
class Source:
    """A source that has been understood.

    Attributes:
        tree: the files of it; what is unpacked of it is there as long as this is.
        listing: its images.
        provenance: what was taken for what.
    """

    tree: Tree
    listing: Listing
    provenance: Provenance


def path_of(source: str | Path) -> Path:
    """Return where a source is on this machine. Raises SourceError for one that is elsewhere."""
    text = str(source)
    if text.lower().startswith("file://"):
        return Path(open_folder(text).uri)
    if "://" in text:
        where = "'a URI with a key in it'" if tells_secret(text) else f"'{text}'"
        raise SourceError(
            f"{where}: expected a path on this machine, found a URI: copy what is there to this one first"
        )
    return Path(source)


def read_source(source: str | Path, options: SourceOptions) -> Source:
    """Open a source, find out which form it has, and list it.

    Raises SourceError where there is none, it may be read in several ways, or it lacks what its form needs.
    """
    path = path_of(source)
    tree = open_source(path)
    if FILE in tree.files and FORMAT.partition("/")[0].encode() in tree.head(FILE, 200):
        raise refusal(path, EXPECTED, "a dataset, which is imported already: `galaxy info` shows it")
    for name, reason in tree.damaged:  # a whole class or split may lie in it
        found = f"'{shown_name(name)}', an archive that cannot be read ({reason})"
        raise refusal(path, EXPECTED, f"{found}: get it again, or take it away")
    name, evidence = recognise(tree, options)
    listed = form(name).list_source(tree, options)
    listed = of_one_name(listed)
    listed = narrowed(apart(listed if options.keep_spellings else joined(listed)), options)
    listing = encodable(with_several(listed))
    listing = listing if options.split_folders else _with_training(listing)
    if len(listing.classes) < 2:
        raise SourceError(
            f"'{path}' cannot be imported: expected images of two classes or more, to tell apart, found "
            f"{few(listing.classes)} ({evidence.text}; labels from {listing.labels_from})"
        )
    provenance = Provenance(
        format=name,
        evidence=as_utf8(evidence.text),
        labels_from=listing.labels_from,
        splits_from=listing.splits_from,
        omitted=(*map(omission_in_utf8, tree.omitted), *listing.omitted),
        notes=listing.notes,
    )
    return Source(tree, listing, provenance)


def _with_training(listing: Listing) -> Listing:
    """Leave all splits to be drawn where names of files or folders would leave no image to train on."""
    if listing.splits_stated or not listing.items or any(item.split in (None, Split.TRAIN) for item in listing.items):
        return listing
    there = " and ".join(split for split in Split if any(item.split is split for item in listing.items))
    said = (
        f"by {listing.splits_from} all images would be {there}, and none to train on: the splits are drawn; "
        "--validation 0 --test 1 has all images in test"
    )
    items = tuple(replace(item, split=None) for item in listing.items)
    return replace(listing, items=items, splits_from="", notes=(*listing.notes, said))
