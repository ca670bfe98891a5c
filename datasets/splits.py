"""The splits of a dataset, which are fixed at import."""

from enum import StrEnum


class Split(StrEnum):
    """What a row is for: to train on, to choose by, or to be measured on once."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"

    @property
    def code(self) -> int:
        """The number that stands for the split in the Arrow files: 0, 1, 2 in the order of definition."""
        return list(Split).index(self)


_SPELLINGS = {
    **dict.fromkeys(("train", "training"), Split.TRAIN),
    **dict.fromkeys(("val", "valid", "validation", "validate", "dev"), Split.VALIDATION),
    **dict.fromkeys(("test", "testing"), Split.TEST),
}


def split_named(name: str) -> Split | None:
    """Return the split that a name means in any usual spelling and case, or None."""
    return _SPELLINGS.get(name.strip().casefold())
