"""Which column of a table names the images, where none is asked for."""

from collections import Counter
from collections.abc import Collection

import pyarrow as pa

from datasets.errors import SourceError
from datasets.sources.finding import stem_of
from datasets.tables.reading import Table
from datasets.tables.values import is_scalar
from datasets.wording import few

NAMES = (
    *("id_str", "iauname", "galaxyid", "dr7objid", "dr8_id", "asset_id", "objid", "object_id", "hubble_id", "gz_id"),
    *("zooniverse_id", "file_loc", "png_loc", "jpg_loc", "image_path", "image_file", "filename", "file_name", "file"),
    *("image", "path", "id", "name"),
)
"""Columns that name images, in small letters; of those that are there, the one that names the most."""
_ENOUGH = 100
"""So many images named by a column are no chance."""


def naming_column(table: Table, stems: Collection[str]) -> str:
    """Find the column that names the most of the images, which are given by their names without folders and suffix.

    Raises SourceError where no column may, or another names half as many or more and means other ones.
    """
    scalar = {field.name.strip().casefold() for field in table.schema() if is_scalar(field.type)}
    known = [name for name in NAMES if name in scalar]
    if not known:
        raise SourceError(
            f"'{table.name}' cannot be imported: expected a column that names the images, such as "
            f"{few(NAMES, most=4)}, found {few(table.header())}: say which with --image-column"
        )
    if len(known) == 1:
        return known[0]
    named: Counter[str] = Counter()
    differing: Counter[tuple[str, str]] = Counter()
    for batch in table.read(dict.fromkeys(known, pa.string())):
        for row in zip(*(batch[name].to_pylist() for name in known), strict=True):
            found = {
                name: stem for name, text in zip(known, row, strict=True) if (stem := stem_of(text or "")) in stems
            }
            named.update(found.keys())
            differing.update((one, other) for one in found for other in found if found[one] != found[other])
        if max(named.values(), default=0) >= _ENOUGH:
            break
    best = max(known, key=named.__getitem__)
    rivals = [name for name in known if 2 * differing[best, name] >= max(named[best], 1)]
    if rivals:
        raise SourceError(
            f"'{table.name}' cannot be imported: its columns '{best}' and '{rivals[0]}' name different images: say "
            f"which is meant with --image-column {best}; or --image-column {rivals[0]}"
        )
    return best
