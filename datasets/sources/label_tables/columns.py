"""Which of a table's columns is what: the names that people use, and the options that say it instead."""

import re
from collections.abc import Sequence

from datasets.errors import SourceError
from datasets.tables.reading import Table
from datasets.wording import few

LABEL_COLUMNS = (
    *("label", "labels", "class", "classes", "target", "classname", "labelname", "targetname", "category", "gzclass"),
    *("gz2class", "galaxyclass", "galaxytype", "morphology", "morphologicaltype", "morph", "morphtype", "hubbletype"),
    *(
        "hubbleclass",
        "trueclass",
        "truelabel",
        "groundtruth",
        "expertclass",
        "classlabel",
        "classid",
        "labelid",
        "categoryid",
    ),
    *("imageclass", "imagelabel", "galaxylabel", "galaxymorphology", "morphologyclass", "morphclass", "classification"),
    *("cls", "lbl"),
)
"""In small letters, without blanks and signs between words, as all of these."""
FAINT_LABEL_COLUMNS = ("type", "y", "ytrue", "answer", "tag", "kind", "ttype", "t", "klasse", "classe", "clase", "tipo")
"""Names that mean something else in many tables: they count where none of the others is there."""
SPLIT_COLUMNS = ("split", "datasplit", "datasetsplit", "partition", "subset", "set", "usage")
NO_COLUMN = "none"
"""What ``--split-column`` is where no column is one of splits, whatever it is called."""
_MORPHOLOGY = re.compile(
    r"(?<![^\W\d_])(?:ring|bar|barred|spiral|arms|elliptical|early|late|smooth|featured|disk|disc|edge|edgeon|lens|lensed|"
    r"merger|merging|merge|interacting|disturbed|tidal|irregular|bulge|lenticular|clump|clumpy|dwarf|lsb|agn|quasar|galaxy|"
    r"star|artifact|jellyfish|peculiar|round|cigar|boxy|void|shell|stream)s?(?![^\W\d_])",
    re.IGNORECASE,
)
SPLITLIKE = re.compile(
    r"\A(?:is[\W_]?)?(?:train|test|val|valid|validation|k?fold|cv)(?:ing|s|[\W_]?\d+|[\W_]set)?\Z", re.I
)
"""Names of columns that divide a table otherwise than into train, validation and test."""
_FLAGS = re.compile(
    r"\A(?:is|has|use|in)[\W_]|flag|dupl|split|fold|train|valid|test|index|[\W_](?:id|count|num)\Z", re.I
)


def given_column(table: Table, names: Sequence[str], wanted: str, option: str) -> str:
    """Return the column that an option names. Raises SourceError where the table has none, or two, of that name."""
    exact = [name for name in names if name == wanted]
    found = exact or [name for name in names if name.strip().casefold() == wanted.strip().casefold()]
    if len(found) != 1:
        problem = f"no column '{wanted}'" if not found else f"{len(found)} columns '{wanted}'"
        raise SourceError(f"--{option} {wanted}: '{table.name}' has {problem}; its columns are {few(names, most=20)}")
    return found[0]


def only_once(names: Sequence[str]) -> list[str]:
    """Return the columns that have a name of their own."""
    return [name for name in names if name and names.count(name) == 1]


def is_morphology(name: str) -> bool:
    """Say whether a column of 0 and 1 is called as what galaxies are: ``ring``, ``is_merger``."""
    return _MORPHOLOGY.search(name) is not None


def may_be_label(name: str) -> bool:
    """Say whether a column of an unknown name may be one of labels, and is not called a flag, a number or an id."""
    return _FLAGS.search(name) is None
