"""What `dataset.json` says of a dataset."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Protocol

from datasets.arrow.provenance import Provenance
from datasets.documents import first_problem, read_json
from datasets.errors import FormatError
from datasets.images.fits.stretch import Stretch
from datasets.images.framing import Framing
from datasets.storage.checksums import Checksum
from datasets.storage.folders import stays_within
from datasets.wording import few

FORMAT = "galaxy-tuner-dataset/1"
"""The version of the directory's layout; another one is refused."""
FILE = "dataset.json"
COLUMNS = "columns.parquet"
"""What the source's table says of the images beside their classes, by their ids; outside the fingerprint."""
GROUPS = "groups.npy"
"""Which images show the same galaxy, as `groups` packs it, where any do; outside the fingerprint."""

QUARANTINE = "quarantine.csv"
"""The files that could not be used, and why; outside the fingerprint."""


class Files(Protocol):
    """Arrow files of a dataset, and the checksum of each: those of its rows, or of its galaxies of no class."""

    @property
    def shards(self) -> tuple[str, ...]:
        """Their names."""

    @property
    def checksums(self) -> tuple[Checksum, ...]:
        """In the order of the names."""


@dataclass(frozen=True)
class Preprocessing:
    """What was done to the source images, and must be done to an image that is to be classified.

    Attributes:
        image_size: side of the stored square images in pixels.
        crop: side of the central square that was kept, as a fraction of the source's shorter side, above 0 to 1.
        source_size: (height, width) in pixels of the median source image, before the crop: the medians of the shorter
            and of the longer sides, in the commoner orientation.
        stretch: what made pictures of FITS bands; None where there were none, or an older version made them.
        value_range: (black, white) as stated of arrays; None where there were none, or it was evident.
    """

    image_size: int
    crop: float
    source_size: tuple[int, int]
    stretch: Stretch | None = None
    value_range: tuple[float, float] | None = None


@dataclass(frozen=True)
class UnlabelledInfo:
    """Galaxies of no class beside a dataset: in none of its splits, and outside its fingerprint.

    Attributes:
        total: number of images.
        left_out: those among them that the dataset's own source leaves out, since they meet no rule for a class.
        source: what the others were imported from; None where there are none.
        shards: names of the Arrow files, in the order of the images.
        checksums: of each of these files.
    """

    total: int
    left_out: int
    source: str | None
    shards: tuple[str, ...]
    checksums: tuple[Checksum, ...]


@dataclass(frozen=True)
class DatasetInfo:
    """A dataset at a glance.

    Attributes:
        path: where it is, a path or URI.
        format: the version of its layout.
        fingerprint: SHA-256 over classes, preprocessing and rows, in hexadecimal; the same content has the same one.
        classes: names, in the order of the labels.
        image_size: (height, width) of the stored images in pixels.
        total: number of images.
        counts: number of images by split and class.
        quarantined: number of files that could not be used; `quarantine.csv` says which and why.
        left_out: number of source images that belong to no class.
        source: what it was imported from.
        preprocessing: what was done to the source images.
        converted: number of images by the note about their conversion to colour.
        shards: names of the Arrow files, in the order of the rows.
        source_format: the form of source that it was imported as; empty where an older version did not note it.
        checksums: of each Arrow file, in the order of ``shards``; none where an older version did not note them.
        columns: names of those that `columns.parquet` has beside the images' ids, kept from the source's table.
        provenance: how the source was understood; None where an older version did not note it.
        grouped: number of images that show the same galaxy as another one; None where an older version did not note it.
        validation_given: whether the source says which images are for validation; None likewise.
        framing: how much of the images the objects fill; None likewise.
        unlabelled: galaxies of no class that are kept beside; None where there are none.
        beside: the checksum of each file beside the Arrow files and this; empty where an older version noted none.
    """

    path: str
    format: str
    fingerprint: str
    classes: tuple[str, ...]
    image_size: tuple[int, int]
    total: int
    counts: Mapping[str, Mapping[str, int]]
    quarantined: int
    left_out: int
    source: str
    preprocessing: Preprocessing
    converted: Mapping[str, int]
    shards: tuple[str, ...]
    source_format: str = ""
    checksums: tuple[Checksum, ...] = ()
    columns: tuple[str, ...] = ()
    provenance: Provenance | None = None
    grouped: int | None = None
    validation_given: bool | None = None
    framing: Framing | None = None
    unlabelled: UnlabelledInfo | None = None
    beside: Mapping[str, Checksum] = field(default_factory=dict)

    @property
    def unchecked(self) -> tuple[str, ...]:
        """The files whose checksums an older version did not note, and which nothing else tells to be damaged."""
        there = {COLUMNS: self.columns, GROUPS: self.grouped, QUARANTINE: self.quarantined}
        return tuple(name for name, some in there.items() if some and name not in self.beside)

    @property
    def parts(self) -> tuple[Files, ...]:
        """All its Arrow files: those of its rows, and those of galaxies of no class, if any."""
        return (self,) if self.unlabelled is None else (self, self.unlabelled)

    def as_json(self) -> dict[str, object]:
        """Return the object that `galaxy info --json` prints."""
        return asdict(self)

    def as_document(self) -> bytes:
        """Return the content of `dataset.json`, which does not say where it lies."""
        document = {key: value for key, value in asdict(self).items() if key != "path"}
        return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def parse_document(data: bytes, *, path: str) -> DatasetInfo:
    """Read the content of `dataset.json`. Raises FormatError, naming ``path``, expected and found."""
    # Imported here: who only names the types must not wait for it.
    from pydantic import TypeAdapter, ValidationError

    try:
        document = read_json(data)
    except ValueError as error:
        raise FormatError(f"'{path}' is not a dataset: {FILE} is not JSON ({error}); import it again") from error
    version = document.get("format") if isinstance(document, dict) else None
    if version != FORMAT:
        raise FormatError(
            f"'{path}' cannot be used: expected a dataset of format {FORMAT}, found {version or 'none'} in its {FILE}; "
            "import it again with this version"
        )
    try:
        info = TypeAdapter(DatasetInfo).validate_python(document | {"path": path})
    except ValidationError as error:
        raise FormatError(f"'{path}' cannot be used: in its {FILE}, {first_problem(error)}; import it again") from error
    names = [*(name for files in info.parts for name in files.shards), *info.beside]
    if leaving := [name for name in names if not stays_within(name)]:
        raise FormatError(f"'{path}' cannot be used: its {FILE} names files outside of it: {few(leaving)}")
    for files in info.parts:
        if files.checksums and len(files.checksums) != len(files.shards):
            raise FormatError(
                f"'{path}' cannot be used: expected {len(files.shards)} checksums in its {FILE}, one a file, "
                f"found {len(files.checksums)}; import it again"
            )
    return info
