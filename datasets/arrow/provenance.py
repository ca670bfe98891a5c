"""How a source was understood when a dataset was made of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Omission:
    """What a source holds and the dataset does not.

    Attributes:
        what: the folder, table or kind of file.
        count: number of images in it; 0 where it holds none.
        why: the reason, for a person.
    """

    what: str
    count: int
    why: str


@dataclass(frozen=True)
class Provenance:
    """What was taken for what.

    Attributes:
        format: the form of source, as ``--format`` names it.
        evidence: what it was recognised by.
        labels_from: where the labels are from.
        splits_from: where the splits are from; empty where all are drawn.
        omitted: what was left out, and why.
        notes: what else a person should know of how it was read.
    """

    format: str
    evidence: str
    labels_from: str
    splits_from: str = ""
    omitted: tuple[Omission, ...] = ()
    notes: tuple[str, ...] = ()
