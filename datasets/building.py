"""Where a dataset is built until it is complete, and how it gets into its place."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from datasets.description import FILE
from datasets.storage import Folder


@contextmanager
def building_place(folder: Folder) -> Iterator[Path]:
    """Make a new directory to build in: beside a local target, so that it can be renamed; removed where it is left."""
    if folder.local is None:
        folder.check_writable()
        with tempfile.TemporaryDirectory(prefix="galaxy-import-") as name:
            yield Path(name)
        return
    place = folder.local.with_name(f".{folder.local.name}.importing-{token_hex(4)}")
    place.mkdir(parents=True)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def publish(place: Path, folder: Folder) -> None:
    """Put a complete dataset in its place. Raises OSError or StorageError where something has come to be there."""
    if folder.local is not None:
        place.rename(folder.local)
        return
    # The description makes a dataset of the files: it comes last.
    for path in sorted(place.iterdir(), key=lambda path: (path.name == FILE, path.name)):
        folder.write_whole(path.name, path.read_bytes())
