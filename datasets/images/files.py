"""Images to classify, wherever a person keeps them: files, folders, archives, lists of paths, arrays, TFRecords."""

import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

from datasets.errors import ImageError, SourceError
from datasets.images.fits.names import by_galaxy, is_fits, read_content
from datasets.images.listed_images import listed_images
from datasets.images.magic import GZIP, is_tfrecord, kind_of
from datasets.images.preparing import SUFFIXES, Content
from datasets.images.reading import Directory, file_head, is_hidden, read_file
from datasets.images.scratch import Scratch
from datasets.images.tars import Tar, is_tar
from datasets.images.zips import Archive
from datasets.tables.kinds import is_table


@dataclass(frozen=True)
class ImageFile:
    """An image that has not been read yet: its path as the user knows it, in a zip ``a.zip/dir/b.jpg``.

    ``read`` returns the whole file, or the pixels where there is no file of them, or raises ImageError with the reason.
    It may be called from any thread, repeatedly.
    """

    name: str
    read: Callable[[], Content] = field(repr=False)


def iterate_images(paths: Iterable[str | Path], *, value_range: str | None = None) -> Iterator[ImageFile]:
    """Yield the images at ``paths``, in their order.

    - A file is yielded as it is, whatever its name. FITS files that differ in the band alone are one image.
    - A folder, with all below it, a zip or a tar gives its image and FITS files, sorted, without hidden ones. FITS
      files of a galaxy's bands are one image, with a ``*`` for the band.
    - A table gives the images that it holds, or that its column ``path`` (``filename``, ``image``, …) names, relative
      to its folder or to the working directory.
    - An NPY, NPZ or HDF5 file gives the rows of its array of images, a TFRecord its records. ``value_range`` states
      which values of arrays are black and white, ``LOW,HIGH``, where they are no pictures.

    Where a path does not exist, cannot be read or holds no image, an ImageFile is yielded whose ``read`` says so.
    """
    for path in _gathered(list(map(Path, paths))):
        if isinstance(path, tuple):
            yield _galaxy(path[0], _read_path, path[1])
            continue
        empty = True
        try:
            for image in _at(path, value_range):
                empty = False
                yield image
        except OSError as error:
            yield _unusable(str(path), f"cannot be read: {error.strerror or error}")
        except zipfile.BadZipFile as error:
            yield _unusable(str(path), f"not a zip, or a damaged one: {error}")
        except SourceError as error:
            yield _unusable(str(path), str(error).partition("cannot be imported: ")[2] or str(error))
        except ImageError as error:
            yield _unusable(str(path), str(error))
        else:
            if empty:
                yield _unusable(str(path), "holds no image")


def _gathered(paths: Sequence[Path]) -> Iterator[Path | tuple[str, Mapping[str, str]]]:
    """Yield paths, and once, for all of them, a galaxy's name and files, {band: file}, where each band has its own."""
    galaxies = by_galaxy(str(path) for path in paths if is_fits(path.name)).items()
    of_file = {file: (name, files) for name, files in galaxies if len(files) > 1 for file in files.values()}
    told = set()
    for path in paths:
        if str(path) not in of_file:
            yield path
        elif (galaxy := of_file[str(path)])[0] not in told:
            told.add(galaxy[0])
            yield galaxy


def _at(path: Path, value_range: str | None) -> Iterator[ImageFile]:
    head = file_head(path) if path.is_file() else b""
    if path.is_dir():
        yield from _among(Directory(path))
    elif kind_of(head, path.name) is not None:
        from datasets.images.arrays.unlabelled import images_in

        yield from (ImageFile(f"{path}/{name}".rstrip("/"), read) for name, read in images_in(path, value_range))
    elif _is_zip(path):
        yield from _among(Archive(path))
    elif head and is_table(path.name, partial(file_head, path)):
        yield from (ImageFile(name, read) for name, read in listed_images(path))
    elif is_tfrecord(head) or (head.startswith(GZIP) and ".tfrec" in path.name.lower()):
        yield from _records(path)
    elif head and is_tar(path.name):
        yield from _among(Tar(path))
    else:
        yield _single(str(path), path)


def _among(files: Directory | Archive | Tar) -> Iterator[ImageFile]:
    """Yield the images among the files of a folder or archive."""
    visible = sorted({name for name, is_folder in files.members if not is_folder and not is_hidden(name)})
    images = {name: {"": name} for name in visible if PurePosixPath(name).suffix.lower() in SUFFIXES}
    for name, bands in sorted((images | by_galaxy(filter(is_fits, visible))).items()):
        yield _galaxy(f"{files.path}/{name}", files.read, bands)


def _records(path: Path) -> Iterator[ImageFile]:
    """Yield the images of a TFRecord; the first that is damaged ends it."""
    from datasets.images.tfrecords import examples, plain

    scratch = Scratch()
    try:
        for row, (_, image) in enumerate(examples(plain(path, scratch))):
            name = f"{path}/{row:05d}"
            if isinstance(image, ImageError):
                yield _unusable(name, str(image))
            else:
                yield ImageFile(name, partial(_held, image, scratch))
    except ImageError as error:
        yield _unusable(str(path), str(error))


def _held(image: Callable[[], Content], _scratch: Scratch) -> Content:
    """Read an image while what it was unpacked to is there, as long as that is referred to."""
    return image()


def _galaxy(name: str, read: Callable[[str], bytes], bands: Mapping[str, str]) -> ImageFile:
    """Return the image in a file, or in the files of several bands."""
    return ImageFile(name, partial(read_content, read, list(bands.values()), list(bands)))


def _single(name: str, path: Path) -> ImageFile:
    return _galaxy(name, _read_path, {"": str(path)})


def _read_path(path: str) -> bytes:
    return read_file(Path(path))


def _is_zip(path: Path) -> bool:
    suffix = path.suffix.lower()
    return path.is_file() and (suffix == ".zip" or (suffix not in SUFFIXES and zipfile.is_zipfile(path)))


def _unusable(name: str, reason: str) -> ImageFile:
    def read() -> bytes:
        raise ImageError(reason)

    return ImageFile(name, read)
