"""Which image a table of votes means, by names with folders or without."""

from collections.abc import Iterator

import pyarrow as pa

from datasets.images.file_names import as_path
from datasets.sources.label_tables.image_finding import ImageFinder
from datasets.sources.label_tables.locating import locate
from datasets.sources.votes.choice import Images
from datasets.sources.votes.finding import stem_of
from datasets.tables.reading import Table


class ImageNames:
    """What the column ``key`` of a table has for images: a name without folders is that of any image, a path of one.

    ``notes`` are what a person should know of how paths were found.
    """

    def __init__(self, table: Table, key: str, images: Images, finder: ImageFinder) -> None:
        (located,), self.notes = locate([(finder, _paths(table, key, images))], here=False)
        by_path = {path: name for name, (path, _) in images.items()}
        self._names = {text: by_path[file] for text, file in located.files.items() if file in by_path}

    @property
    def are_paths(self) -> bool:
        """Whether images are named by paths."""
        return bool(self._names)

    def of(self, text: str) -> str:
        """Return the name that an image has among the images; of one that is not there, what the table has."""
        path = as_path(text)
        return self._names.get(text.strip(), path) if "/" in path else stem_of(text)


def _paths(table: Table, key: str, images: Images) -> Iterator[str]:
    """Yield the names with folders that may be those of images."""
    for batch in table.read({key: pa.string()}):
        for text in batch[key].to_pylist():
            if text and ("/" in text or "\\" in text) and stem_of(text) in images:
                yield text.strip()
