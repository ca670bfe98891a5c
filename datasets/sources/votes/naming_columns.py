"""Which column of a table names the images, where none is asked for."""

import shlex
from collections import Counter
from collections.abc import Collection

import pyarrow as pa

from datasets.errors import SourceError
from datasets.images.image_columns import IMAGE_COLUMNS, known
from datasets.sources.votes.finding import stem_of
from datasets.tables.reading import Table
from datasets.tables.values import is_scalar
from datasets.wording import few

_ENOUGH = 100
"""So many images named by a column are no chance."""


def naming_column(table: Table, stems: Collection[str]) -> str:
    """Find the column that names the most of the images, which are given by their names without folders and suffix.

    Raises SourceError where no column may, or another names half as many or more and means other ones.
    """
    candidates = known([field.name for field in table.schema() if is_scalar(field.type)], IMAGE_COLUMNS)
    if not candidates:
        raise SourceError(
            f"'{table.name}' cannot be imported: expected a column that names the images, such as "
            f"id_str, iauname or file_loc, found {few(table.header())}: say which with --image-column"
        )
    if len(candidates) == 1:
        return candidates[0]
    named: Counter[str] = Counter()
    differing: Counter[tuple[str, str]] = Counter()
    for batch in table.read(dict.fromkeys(candidates, pa.string())):
        for row in zip(*(batch[name].to_pylist() for name in candidates), strict=True):
            found = {
                name: stem for name, text in zip(candidates, row, strict=True) if (stem := stem_of(text or "")) in stems
            }
            named.update(found.keys())
            differing.update((one, other) for one in found for other in found if found[one] != found[other])
        if max(named.values(), default=0) >= _ENOUGH:
            break
    best = max(candidates, key=named.__getitem__)
    rivals = [name for name in candidates if 2 * differing[best, name] >= max(named[best], 1)]
    if rivals:
        raise SourceError(
            f"'{table.name}' cannot be imported: its columns '{best}' and '{rivals[0]}' name different images: say "
            f"which is meant with --image-column {shlex.quote(best)}; or --image-column {shlex.quote(rivals[0])}"
        )
    return best
