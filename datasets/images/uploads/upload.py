"""What a stranger sent, as it is kept: content in memory, known by its hash."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from datasets.images.files import gathered

_LONGEST_NAME = 200


@dataclass(frozen=True)
class Upload:
    """One image, archive, table or stack of arrays; or a galaxy, with a FITS file for each of its bands.

    Attributes:
        name: as its sender knows it; of several bands with a ``*`` for the band.
        bands: of the files, in their order; one empty one where there is but one file.
        files: their content.
        digest: SHA-256 of all of that, in hexadecimal.
        problem: why there is no telling what it is; empty where there is.
    """

    name: str
    bands: tuple[str, ...]
    files: tuple[bytes, ...] = field(repr=False)
    digest: str
    problem: str = ""

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(map(len, self.files))


def uploads_of(files: Iterable[tuple[str, bytes]]) -> list[Upload]:
    """Gather files, (name, content), to uploads, in their order: those that differ in the band alone are one galaxy.

    Of two files with the same name and content one is left; of two with the same name alone, both. Which of those of
    a band belong to which galaxy nobody knows: they are one upload that says so.
    """
    contents: dict[str, list[bytes]] = {}
    for name, content in files:
        contents.setdefault(_base(name), []).append(content)
    made: dict[str, Upload] = {}
    for name, bands in gathered(list(contents)):
        if len(bands) > 1:
            upload = _upload(name, list(bands), [contents[file][-1] for file in bands.values()])
            if several := [file for file in bands.values() if len(set(contents[file])) > 1]:
                problem = f"several files are called {several[0]}: zip each galaxy's, or name them apart"
                upload = replace(_upload(name, list(bands), []), problem=problem)
            made[upload.digest] = upload
        else:
            for content in contents[name]:
                upload = _upload(name, [""], [content])
                made[upload.digest] = upload
    return list(made.values())


def shortened(name: str, longest: int) -> str:
    """Return a name with its beginning and end alone where it is longer than a stranger's names are kept."""
    return name if len(name) <= longest else name[: longest // 2] + "…" + name[-longest // 2 :]


def _base(name: str) -> str:
    """Return the last part of a path, whatever system it is of, and not too much of it."""
    return shortened(name.replace("\\", "/").rpartition("/")[2].strip() or "upload", _LONGEST_NAME)


def _upload(name: str, bands: Sequence[str], files: Sequence[bytes]) -> Upload:
    digest = hashlib.sha256(repr((name, *bands, *map(len, files))).encode("utf-8", "backslashreplace"))
    for content in files:
        digest.update(content)
    return Upload(name, tuple(bands), tuple(files), digest.hexdigest())
