"""Images to classify, wherever a person keeps them: files, folders, archives, lists of paths, arrays, TFRecords."""

import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

from datasets.errors import ImageError, SourceError, first_line
from datasets.images.archives import DEEPEST, UNREADABLE, Contents, archive_stem, is_archive, local_file
from datasets.images.companions import companions
from datasets.images.fits.names import band_content, by_galaxy, is_fits, read_content
from datasets.images.fits.stretch import Stretch
from datasets.images.listed_images import listed_images
from datasets.images.magic import GZIP, HEAD, is_tfrecord, kind_of
from datasets.images.preparing import SUFFIXES, Content, DecodedImage, decode
from datasets.images.reading import Directory, file_head, is_hidden, read_file
from datasets.images.scratch import Scratch
from datasets.images.tars import Tar, is_tar
from datasets.images.value_range import NOT_STATED, ValueRanges
from datasets.images.zips import Archive
from datasets.tables.cells import holds_images
from datasets.tables.kinds import is_table
from datasets.tables.reading import table_file

_PARQUET = b"PAR1"
BESIDE = "an archive beside the folder of the same name, which may hold less: give it by itself to have it classified"
_TOO_DEEP = "an archive too deep in others to be looked into: unpack those"
_NO_FEATURE = "which feature it is, only an import can be told (`galaxy import --image-column`)"
COMPANION = "named as a mask, weight or the like of an image beside it: give the file itself to have it classified"


@dataclass(frozen=True)
class ImageFile:
    """An image that has not been read yet: its path as the user knows it, in a zip ``a.zip/dir/b.jpg``.

    ``read`` returns the whole file, or the pixels where there is no file of them, or raises ImageError with the reason.
    It may be called from any thread, repeatedly.
    """

    name: str
    read: Callable[[], Content] = field(repr=False)

    def decoded(self, *, crop: float, image_size: int, stretch: Stretch | None) -> DecodedImage:
        """Read and decode it, see `decode`. Raises ImageError, with the reason, where it cannot be used."""
        try:
            return decode(self.read(), crop=crop, image_size=image_size, stretch=stretch)
        except ImageError:
            raise
        except MemoryError as error:
            raise ImageError("needs more memory than is free") from error
        except Exception as error:  # a damaged file can fail anywhere in a reader, with any type
            raise ImageError(f"damaged: {first_line(error)}") from error


def iterate_images(paths: Iterable[str | Path], *, ranges: ValueRanges = NOT_STATED) -> Iterator[ImageFile]:
    """Yield the images at ``paths``, in their order.

    - A file is yielded as it is, whatever its name. FITS files that differ in the band alone are one image.
    - A folder, with all below it, a zip or a tar gives its image and FITS files, sorted, without hidden ones, then
      those of the archives in it; one beside a folder of its own name says that it is not looked into. FITS files of
      a galaxy's bands are one image, with a ``*`` for the band. Where there is none, its arrays, TFRecords and Parquet
      files are taken, those that hold no images left out.
    - A table gives the images that it holds, or that its column ``path`` (``filename``, ``image``, …) names, relative
      to its folder or to the working directory.
    - An NPY, NPZ or HDF5 file gives the rows of its array of images, a TFRecord its records. ``ranges`` say which
      values of arrays are black and white.

    Where a path does not exist, cannot be read or holds no image, an ImageFile is yielded whose ``read`` says so.
    """
    for name, files in gathered([str(Path(path)) for path in paths]):
        if len(files) > 1:
            yield _galaxy(name, _read_path, files)
        else:
            yield from images_at(Path(name), name, ranges)


def gathered(names: Sequence[str]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield (name, {band: file}) of files in their order; those of a galaxy's bands once, for all of them.

    A file on its own has its own name, and no band.
    """
    galaxies = by_galaxy(filter(is_fits, names)).items()
    of_file = {file: (name, files) for name, files in galaxies if len(files) > 1 for file in files.values()}
    told = set()
    for name in names:
        if name not in of_file:
            yield name, {"": name}
        elif (galaxy := of_file[name])[0] not in told:
            told.add(galaxy[0])
            yield galaxy


def images_at(path: Path, name: str, ranges: ValueRanges = NOT_STATED) -> Iterator[ImageFile]:
    """Yield the images at a path, as `iterate_images` does, that is known as ``name``: that tells what it is."""
    return _at(path, name, ranges, 0)


def galaxy_at(name: str, paths: Mapping[str, Path]) -> ImageFile:
    """Return the image of a galaxy whose bands, {band: FITS file}, lie at some paths."""
    return ImageFile(name, partial(band_content, _read_path, list(map(str, paths.values())), list(paths)))


def _at(path: Path, name: str, ranges: ValueRanges, depth: int) -> Iterator[ImageFile]:
    """Yield the images at a path, which the user knows as ``name``, or one that says why there is none."""
    empty = True
    try:
        for image in _in(path, name, ranges, depth):
            empty = False
            yield image
    except OSError as error:
        yield _unusable(name, f"cannot be read: {error.strerror or error}")
    except zipfile.BadZipFile as error:
        yield _unusable(name, f"not a zip, or a damaged one: {error}")
    except SourceError as error:
        yield _unusable(name, str(error).partition("cannot be imported: ")[2] or str(error))
    except ImageError as error:
        yield _unusable(name, str(error))
    except Exception as error:  # what reads zips, tars, HDF5, Parquet and FITS fails with any type over a damaged one
        yield _unusable(name, f"damaged: {first_line(error)}")
    else:
        if empty:
            yield _unusable(name, "holds no image")


def _in(path: Path, name: str, ranges: ValueRanges, depth: int) -> Iterator[ImageFile]:
    head = file_head(path) if path.is_file() else b""
    if path.is_dir():
        yield from _among(Directory(path), name, ranges, depth)
    elif kind_of(head, name) is not None:
        from datasets.images.arrays.unlabelled import images_in

        yield from (ImageFile(f"{name}/{row}".rstrip("/"), read) for row, read in images_in(path, ranges, name))
    elif _is_zip(path, name):
        yield from _among(Archive(path), name, ranges, depth)
    elif head and is_table(name, partial(file_head, path)):
        yield from (ImageFile(row, read) for row, read in listed_images(path, name))
    elif is_tfrecord(head) or (head.startswith(GZIP) and ".tfrec" in PurePosixPath(name).name.lower()):
        yield from _records(path, name)
    elif head and is_tar(name):
        yield from _among(Tar(path), name, ranges, depth)
    else:
        yield ImageFile(name, partial(_content, path, name))


def _among(files: Contents, called: str, ranges: ValueRanges, depth: int) -> Iterator[ImageFile]:
    """Yield the images among the files of a folder or archive, then those of the archives in it.

    Where it has neither, its arrays, TFRecords and Parquet files are looked into.
    """
    members = [(name, is_folder) for name, is_folder in files.members if not is_hidden(name)]
    visible = sorted({name for name, is_folder in members if not is_folder})
    images = images_among(visible)
    for name, bands in images:
        whole = f"{called}/{name}"
        yield _unusable(whole, COMPANION) if bands is None else _galaxy(whole, files.read, bands)
    archives = []
    for name in filter(is_archive, visible):
        if (has_folder := _has_folder(name, visible)) or depth == DEEPEST:
            yield _unusable(f"{called}/{name}", BESIDE if has_folder else _TOO_DEEP)
        else:
            archives.append(name)
    inner = (archives or ([] if images else _holders(files, visible))) if depth < DEEPEST else []
    scratch = Scratch()
    for name in inner:
        try:
            local = local_file(files, name, scratch)
        except UNREADABLE as error:
            yield _unusable(f"{called}/{name}", f"cannot be read: {first_line(error)}")
            continue
        if is_archive(name) or _holds_images(local, name):
            for image in _at(local, f"{called}/{name}", ranges, depth + 1):
                yield ImageFile(image.name, partial(_kept, image.read, scratch))


def images_among(names: Iterable[str]) -> list[tuple[str, Mapping[str, str] | None]]:
    """Return (name, {band: file}) of the images among the visible paths below a folder, sorted by name.

    A file on its own has its own name, and no band. What belongs to an image beside it has None for its files.
    """
    images = {name: {"": name} for name in names if PurePosixPath(name).suffix.lower() in SUFFIXES}
    images |= by_galaxy(filter(is_fits, names))
    of_others = companions(file for bands in images.values() for file in bands.values())
    return [(name, bands if of_others.isdisjoint(bands.values()) else None) for name, bands in sorted(images.items())]


def _has_folder(archive: str, names: Iterable[str]) -> bool:
    """Say whether a folder of an archive's name is beside it, with all that it holds or a part of that."""
    folder = f"{archive_stem(archive)}/"
    return any(name.startswith(folder) for name in names)


def _holders(files: Contents, names: Iterable[str]) -> list[str]:
    """Return those of some files that may hold many images: by their first bytes arrays, TFRecords and Parquet."""
    found = []
    for name in names:
        with suppress(*UNREADABLE), files.open(name) as stream:
            head = stream.read(HEAD)
            if kind_of(head, name) is not None or is_tfrecord(head) or head.startswith(_PARQUET):
                found.append(name)
    return found


def _holds_images(path: Path, name: str) -> bool:
    """Say whether one of them has images in it; a damaged one says so when it is read."""
    head = file_head(path)
    try:
        if kind_of(head, name) is not None:
            from datasets.images.arrays.unlabelled import has_images

            return has_images(path, name)
        return is_tfrecord(head) or any(holds_images(field.type) for field in table_file(path, name).schema())
    except (ImageError, SourceError):
        return True


def _records(path: Path, called: str) -> Iterator[ImageFile]:
    """Yield the images of a TFRecord; the first that is damaged ends it."""
    from datasets.images.tfrecords import examples, plain

    scratch = Scratch()
    try:
        for row, (_, image) in enumerate(examples(plain(path, scratch), otherwise=_NO_FEATURE)):
            name = f"{called}/{row:05d}"
            if isinstance(image, ImageError):
                yield _unusable(name, str(image))
            else:
                yield ImageFile(name, partial(_kept, image, scratch))
    except ImageError as error:
        yield _unusable(called, str(error))


def _kept(image: Callable[[], Content], _scratch: Scratch) -> Content:
    """Read an image while what it was unpacked to is there, as long as that is referred to."""
    return image()


def _galaxy(name: str, read: Callable[[str], bytes], bands: Mapping[str, str]) -> ImageFile:
    """Return the image in a file, or in the files of several bands."""
    return ImageFile(name, partial(read_content, read, list(bands.values()), list(bands)))


def _content(path: Path, name: str) -> Content:
    return band_content(_read_path, [str(path)]) if is_fits(name) else read_file(path)


def _read_path(path: str) -> bytes:
    return read_file(Path(path))


def _is_zip(path: Path, name: str) -> bool:
    suffix = PurePosixPath(name).suffix.lower()
    return path.is_file() and (suffix == ".zip" or (suffix not in SUFFIXES and zipfile.is_zipfile(path)))


def _unusable(name: str, reason: str) -> ImageFile:
    def read() -> bytes:
        raise ImageError(reason)

    return ImageFile(name, read)
