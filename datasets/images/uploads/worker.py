"""What a process does that reads uploads: it answers what it is asked on its standard input until that ends.

It limits itself before it reads anything: memory, the size of files, and the time that each answer may take, after
which the kernel ends it, in whatever library it is.
"""

import contextlib
import os
import re
import resource
import signal
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.request import OpenerDirector, install_opener

from datasets.errors import DatasetError, ImageError, first_line
from datasets.images.files import ImageFile, galaxy_at, images_at
from datasets.images.fits.stretch import Stretch
from datasets.images.listed_images import named_images
from datasets.images.memory_files import MemoryFile
from datasets.images.places import follow_nothing
from datasets.images.preparing import Content
from datasets.images.reading import file_head
from datasets.images.scratch import unpack_to_memory
from datasets.images.uploads.limits import UploadLimits
from datasets.images.uploads.messages import GoneError, blocks, receive, send
from datasets.images.uploads.upload import shortened
from datasets.images.value_range import ValueRanges
from datasets.tables.kinds import is_table

_LARGEST_UPLOAD = 2**28
_LONGEST_NAME, _LONGEST_REASON = 400, 2000
_MEMORY_PATH = re.compile(r"/proc/self/fd/\d+")


def main() -> None:
    """Answer until nobody asks any more."""
    channel = socket.socket(fileno=os.dup(0))
    with contextlib.suppress(GoneError, OSError):
        limits = UploadLimits(**{key: value for key, value in receive(channel).items() if key != "sizes"})
        _limit(limits)
        send(channel, {})
        upload = _Opened((), {}, limits)
        while True:
            asked = receive(channel)
            if asked["do"] == "open":
                upload = _Opened((), {}, limits)  # what was there is let go of before there is more
                upload = _Opened([_taken(channel, size) for size in asked["sizes"]], asked, limits)
                send(channel, upload.listed)
            else:
                for number in range(asked["start"], asked["stop"]):
                    send(channel, *upload.read(number, asked))
    os._exit(0)


def _limit(limits: UploadLimits) -> None:
    """Limit what this process may have; a crash must not leave what a stranger sent in a core file."""
    for what, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_FSIZE, max(limits.scratch, _LARGEST_UPLOAD)),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard),) * 2)
    with contextlib.suppress(OSError):  # where memory is short this process is the one to end
        Path("/proc/self/oom_score_adj").write_text("1000")
    unpack_to_memory(limits.scratch)
    follow_nothing()
    install_opener(OpenerDirector())  # which opens nothing: no library may fetch what an upload has the address of


def _taken(channel: socket.socket, size: int) -> MemoryFile:
    file = MemoryFile()
    for block in blocks(channel, size):
        file.write(block)
    return file


@contextlib.contextmanager
def _within(seconds: float) -> Iterator[None]:
    """End this process if what is done within takes longer: SIGALRM is not handled, and so nothing can delay it."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


class _Opened:
    """An upload whose images have been listed."""

    def __init__(self, files: Sequence[MemoryFile], asked: Mapping[str, Any], limits: UploadLimits) -> None:
        self._files, self._limits = files, limits  # which hold the content in memory
        self._images: list[ImageFile] = []
        self.listed: dict[str, object] = {}
        if files:
            with _within(limits.listing_seconds):
                self.listed = self._list(asked["name"], asked["bands"], _ranges(asked["ranges"]))

    def read(self, number: int, how: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return a document of an image, with its pixels behind where it can be used."""
        file, size = self._images[number], 0

        def read() -> Content:
            nonlocal size
            content = file.read()
            size = len(content) if isinstance(content, bytes) else getattr(content, "nbytes", 0)
            return content

        stretch = None if how["stretch"] is None else _stretch(how["stretch"])
        with _within(self._limits.seconds):
            try:
                image = ImageFile(file.name, read).decoded(
                    crop=how["crop"], image_size=how["image_size"], stretch=stretch
                )
            except ImageError as error:
                reason = shortened(_MEMORY_PATH.sub("the file", str(error)), _LONGEST_REASON)
                return ({"error": reason, "read": size},)
        height, width, _ = image.pixels.shape
        said = {"source_size": list(map(int, image.source_size)), "notes": list(image.notes), "read": size}
        return ({**said, "shape": [height, width]}, image.pixels.tobytes())

    def _list(self, name: str, bands: list[str], ranges: ValueRanges) -> dict[str, object]:
        if len(self._files) > 1:
            paths = {band: file.path for band, file in zip(bands, self._files, strict=True)}
            found = iter([galaxy_at(name, paths)])
        else:
            path = self._files[0].path
            try:
                table = is_table(name, partial(file_head, path)) and file_head(path)
                named = named_images(path, name) if table else None
            except DatasetError as error:  # not to be listed as images are: that would follow what its first rows name
                return _refused(str(error).partition("cannot be imported: ")[2] or str(error))
            except Exception as error:
                return _refused(f"damaged: {first_line(error)}")
            if named is not None:
                return {"names": [], "named": _told(named, self._limits)}
            found = images_at(path, name, ranges)
        images = list(islice(found, self._limits.images + 1))
        names = _told((image.name for image in images), self._limits)
        self._images = images[: len(names)]
        return {"names": names, "cut": len(images) > len(names)}


def _told(names: Iterable[str], limits: UploadLimits) -> list[str]:
    """Return the first of many names, long ones cut: the page keeps them, whoever made them up."""
    told, size = list[str](), 0
    for name in islice(names, limits.images):
        told.append(shortened(name, _LONGEST_NAME))
        size += len(told[-1].encode("utf-8", "surrogatepass"))
        if size > limits.names:
            return told[:-1]
    return told


def _refused(reason: str) -> dict[str, object]:
    return {"names": [], "error": shortened(reason, _LONGEST_REASON)}


def _ranges(document: Mapping[str, Any]) -> ValueRanges:
    learnt = document["learnt"]
    return ValueRanges(document["stated"], None if learnt is None else tuple(learnt))


def _stretch(document: Mapping[str, Any]) -> Stretch:
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in document.items()
    }
    return Stretch(**values)
