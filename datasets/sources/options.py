"""How a source is read: every choice that recognition makes can be made here instead."""

from dataclasses import dataclass
from typing import Annotated

from datasets.errors import SourceError
from datasets.images.value_range import value_range
from datasets.option import Option
from datasets.sources.forms import FORMS
from datasets.wording import few

PANEL = "How SOURCE is read"
_OF_FORMS = (
    *("split_folders", "class_level", "classes", "table", "image_column", "label_column", "id_column"),
    *("value_range", "split_column", "legend", "keep_unlabelled"),
)
"""Options that only some forms have a use for."""


@dataclass(frozen=True)
class SourceOptions:
    """How a source is read: each field is an option of ``galaxy import``.

    Raises SourceError where a field breaks its rule.
    """

    format: Annotated[
        str,
        Option(
            f"What SOURCE is: {', '.join(FORMS)}; `auto` looks, and refuses where it may be two.", PANEL, metavar="FORM"
        ),
    ] = "auto"
    split_folders: Annotated[
        str | None,
        Option(
            "Which folders are splits: `train=entrenamiento,test=prueba`, several with `+`; others are left out. "
            "`none`: no folder is one.",
            PANEL,
            metavar="SPLITS",
        ),
    ] = None
    class_level: Annotated[
        int | None,
        Option("Which level of folders names the classes, 1 being the first below the splits.", PANEL, min=1),
    ] = None
    classes: Annotated[
        str | None,
        Option(
            "What makes classes of a table's votes: a file RULES.toml, or one that comes along, zhu or lintott.",
            PANEL,
            default="zhu, of the columns that it knows",
            metavar="RULES",
        ),
    ] = None
    table: Annotated[str | None, Option("The table that gives the labels, of several.", PANEL, metavar="NAME")] = None
    image_column: Annotated[
        str | None,
        Option("What has the images: the column of a table, an array, a feature, a suffix.", PANEL, metavar="NAME"),
    ] = None
    label_column: Annotated[
        str | None,
        Option(
            "What has the labels: a column, one-hot ones with commas, an array, a feature, a suffix, a key.",
            PANEL,
            metavar="NAME",
        ),
    ] = None
    id_column: Annotated[
        str | None,
        Option(
            "What names the galaxies: images of one stay in one split; `none`: nothing does.", PANEL, metavar="NAME"
        ),
    ] = None
    split_column: Annotated[
        str | None,
        Option(
            "Column of a table that has the splits; `none`: no column, nor the folders of its images.",
            PANEL,
            metavar="NAME",
        ),
    ] = None
    legend: Annotated[
        str | None,
        Option("Names of classes that are numbers in a table: `0=spiral,1=edge-on`.", PANEL, metavar="NAMES"),
    ] = None
    allow_missing: Annotated[
        bool, Option("Import a table's images that are there, even where most of them are not.", PANEL)
    ] = False
    value_range: Annotated[
        str | None,
        Option("The values of arrays that are black and white, e.g. `0,65535`.", PANEL, metavar="LOW,HIGH"),
    ] = None
    bands: Annotated[
        str | None,
        Option(
            "Bands of FITS that are red, green and blue, by names or places: `i,r,g` or `2,1,0`; one of them for grey.",
            PANEL,
            metavar="BANDS",
        ),
    ] = None
    keep_unlabelled: Annotated[
        bool,
        Option("Keep the galaxies whose votes meet no rule for a class, to learn what is none of these.", PANEL),
    ] = False
    drop_class: Annotated[
        tuple[str, ...], Option("Leave out the images of this class; may be repeated.", PANEL, metavar="NAME")
    ] = ()
    min_images: Annotated[int, Option("Leave out classes of fewer images.", PANEL, min=0, default="all are kept")] = 0
    keep_spellings: Annotated[
        bool, Option("Keep classes apart whose names differ in separators and the case of words alone.", PANEL)
    ] = False

    def __post_init__(self) -> None:
        known = ("auto", *FORMS)
        require(self.format in known, "format", f"one of {few(known, most=20)}", self.format)
        require(self.min_images >= 0, "least number of images a class", "0 or more", self.min_images)
        require(_is_range(self.value_range or "0,1"), "value range", "two numbers, LOW,HIGH", self.value_range)
        require(len(self.wanted_bands) in {0, 1, 3}, "bands", "three, red first, or one", self.bands)
        require((self.class_level or 1) >= 1, "level of the class folders", "1 or more", self.class_level)

    @property
    def asked(self) -> frozenset[str]:
        """The options that are given, of those that only some forms have a use for."""
        return frozenset(name for name in _OF_FORMS if getattr(self, name) not in (None, False))

    @property
    def stated_range(self) -> tuple[float, float] | None:
        """The values of arrays that are black and white, where they are stated."""
        return None if self.value_range is None else value_range(self.value_range)

    @property
    def wanted_bands(self) -> tuple[str, ...]:
        """The bands asked for, in small letters; none where they are left to the source."""
        return tuple(name.strip().lower() for name in self.bands.split(",")) if self.bands else ()


def require(holds: bool, name: str, expected: str, value: object) -> None:
    """Raise SourceError, saying what the option ``name`` must be, unless it ``holds``."""
    if not holds:
        raise SourceError(f"the {name} must be {expected}, got {value}")


def _is_range(text: str) -> bool:
    try:
        value_range(text)
    except ValueError:
        return False
    return True
