"""Images that a person uploads, whatever they lie in: pictures, FITS files of one band each, archives, arrays."""

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from datasets import ImageFile, iterate_images


class Upload(Protocol):
    """A file as a browser sent it."""

    name: str

    def getvalue(self) -> bytes:
        """Return its content."""


@contextmanager
def uploaded_images(uploads: Sequence[Upload]) -> Iterator[list[ImageFile]]:
    """List the images of uploads as `galaxy classify` does those of files; they can be read within the block.

    A table is not followed: the files that it names would be the server's.
    """
    with tempfile.TemporaryDirectory(prefix="galaxy-") as folder:
        times: Counter[str] = Counter()
        paths = []
        for upload in uploads:
            name = Path(upload.name.replace("\\", "/")).name or "upload"
            path = Path(folder) / str(times[name]) / name  # two of one name keep it
            times[name] += 1
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(upload.getvalue())
            paths.append(path)
        within = len(folder) + 1
        yield [
            replace(image, name=image.name[within:].partition("/")[2]) for image in iterate_images(paths, tables=False)
        ]
