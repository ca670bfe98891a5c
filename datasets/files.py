"""Image files to classify, wherever a person keeps them: files, folders and zips."""

import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

from datasets.archives import Archive, is_hidden, read_file, walk
from datasets.errors import ImageError
from datasets.images import SUFFIXES


@dataclass(frozen=True)
class ImageFile:
    """An image file that has not been read yet.

    Attributes:
        name: its path as the user knows it; in a zip ``a.zip/dir/b.jpg``.
        read: returns the whole file, or raises ImageError with the reason. May be called from any thread, repeatedly.
    """

    name: str
    read: Callable[[], bytes] = field(repr=False)


def iterate_images(paths: Iterable[str | Path]) -> Iterator[ImageFile]:
    """Yield the image files at ``paths``, in their order.

    A file is yielded as it is, whatever its name. Of folders, with all below them, and zips the files with the suffix
    of an image are yielded, sorted, without hidden ones. Nothing is left out silently: where a path does not exist,
    cannot be read or holds no image, an ImageFile is yielded whose ``read`` says so.
    """
    for path in map(Path, paths):
        try:
            yield from _at(path)
        except OSError as error:
            yield _unusable(path, f"cannot be read: {error.strerror}")
        except zipfile.BadZipFile as error:
            yield _unusable(path, f"not a zip, or a damaged one: {error}")


def _at(path: Path) -> Iterator[ImageFile]:
    if path.is_dir():
        names = sorted(name for name, is_folder in walk(path) if not is_folder and _is_image(name))
        yield from (ImageFile(str(path / name), partial(read_file, path / name)) for name in names)
    elif _is_zip(path):
        archive = Archive(path)
        names = sorted({name for name, is_folder in archive.members if not is_folder and _is_image(name)})
        yield from (ImageFile(f"{path}/{name}", partial(archive.read, name)) for name in names)
    else:
        yield ImageFile(str(path), partial(read_file, path))
        return
    if not names:
        yield _unusable(path, "holds no image")


def _is_image(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in SUFFIXES and not is_hidden(name)


def _is_zip(path: Path) -> bool:
    suffix = path.suffix.lower()
    return path.exists() and (suffix == ".zip" or (suffix not in SUFFIXES and zipfile.is_zipfile(path)))


def _unusable(path: Path, reason: str) -> ImageFile:
    def read() -> bytes:
        raise ImageError(reason)

    return ImageFile(str(path), read)
