"""The splits of a dataset, which are fixed at import."""

import re
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
    **dict.fromkeys(("train", "training", "trn"), Split.TRAIN),
    **dict.fromkeys(("val", "valid", "validation", "validate", "dev", "eval", "evaluation"), Split.VALIDATION),
    **dict.fromkeys(("test", "testing", "tst"), Split.TEST),
}
_BESIDE = frozenset(
    {"data", "dataset", "dir", "fits", "folder", "galaxies", "galaxy", "image", "images", "img", "imgs", "jpeg", "jpg"}
    | {"photo", "photos", "pic", "pics", "picture", "pictures", "png", "rev", "seg", "set", "sets", "split", "v"}
)
"""Words that names of splits have beside: ``training_set``, ``Train_images``, ``seg_train``."""
_OF_TABLES = frozenset(
    {"annotation", "annotations", "cat", "catalog", "catalogue", "class", "classes", "df", "gt", "gz", "info", "label"}
    | {"labels", "list", "meta", "metadata", "solution", "solutions", "table", "target", "targets", "truth", "zoo"}
    | {"candels", "decals", "desi", "euclid", "hubble", "sdss"}
)
"""Words that names of a split's table have beside: ``train_labels``, ``gz2_train_catalog``."""
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\W\d_]+")
_GLUED = re.compile(r"\A(train|training|val|valid|validation|test)(?:set|data|imgs|images)\Z")
_FOLD = re.compile(
    r"\A(?:k|cv|x)?[\W_]*fold[\W_]*\d*\Z|\A(?:fold|cv|split|part)[\W_]*\d+\Z|\Ahold[\W_]*out", re.IGNORECASE
)


def split_named(name: str, *, of_table: bool = False) -> Split | None:
    """Return the split that a name means in any usual spelling and case, or None.

    ``train``, ``01_train``, ``training_set``, ``Train_images``, ``valSet``, ``seg_test``: one word for a split beside
    words that say nothing, and numbers; beside words for labels, too, where the name is that of a table.
    """
    beside = _BESIDE | _OF_TABLES if of_table else _BESIDE
    words = [_GLUED.sub(r"\1", word) for word in map(str.casefold, _WORD.findall(name.strip()))]
    splits = {word: _SPELLINGS[word] for word in words if word in _SPELLINGS}
    others = [word for word in words if word not in splits and word not in beside]
    return next(iter(splits.values())) if len(splits) == 1 and not others else None


def is_fold(name: str) -> bool:
    """Say whether a name is that of a fold of a cross-validation, or of images held out: no split by itself."""
    return _FOLD.search(name.strip()) is not None
