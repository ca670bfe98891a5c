"""The images of a partition as they are read: some time ahead, and what their storage said meanwhile.

What is wrong with an image stands in its row for good. That a disk, a folder or a store is away does not: it ends the
partition, which is done again.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from cluster.errors import UnfitError
from cluster.workers.faults import is_machines
from datasets import ImageError, ImageFile, StorageError, is_away

# Files that are read before they are asked for, of an object store; two batches of the network's.
_AHEAD, _READERS = 128, 16


@dataclass
class Reads:
    """What came of reading images. ``check_witness`` raises UnfitError where the folder that they lie in is gone."""

    check_witness: Callable[[], None]
    _away: UnfitError | StorageError | None = field(default=None, repr=False)
    _refusal: StorageError | None = field(default=None, repr=False)
    _well: ImageFile | None = field(default=None, repr=False)

    def noted(self, images: Iterable[ImageFile]) -> Iterator[ImageFile]:
        """Yield images, of whose reading it is noted what came. Raises what `check` would as soon as that is known."""
        for image in images:
            if self._away is not None:
                raise self._away
            # Of a kind of its own is one that is here already.
            yield ImageFile(image.name, partial(self._read, image)) if type(image) is ImageFile else image

    def check(self) -> None:
        """Raise UnfitError or StorageError if an image was not read for what is no fault of it alone.

        A refusal may be of one image, as where nobody may read it: then another one can still be read.
        """
        if self._away is not None:
            raise self._away
        if self._refusal is None:
            return
        if self._well is None:
            raise self._refusal
        try:
            self._well.read()
        except ImageError:
            raise self._refusal from None

    def _read(self, image: ImageFile) -> Any:
        try:
            content = image.read()
        except ImageError as error:
            self._note(image.name, error)
            raise
        self._well = image
        return content

    def _note(self, name: str, error: ImageError) -> None:
        cause = error.__cause__
        if isinstance(cause, StorageError):
            if is_away(cause):
                self._away = cause
            else:
                self._refusal = cause
        elif isinstance(cause, OSError):
            try:
                if is_machines(cause):
                    raise UnfitError(f"'{name}' {error}: mend its disk or mount it again, or remove the file")
                # At once: what is mounted again meanwhile was away for this one all the same.
                self.check_witness()
            except UnfitError as away:
                self._away = away


def ahead(images: Iterable[ImageFile]) -> Iterator[ImageFile]:
    """Yield images that are read some time before they are asked for: an object store takes long for each."""
    waiting: deque[tuple[ImageFile, Future[Any]]] = deque()
    with ThreadPoolExecutor(_READERS, thread_name_prefix="ahead") as pool:
        try:
            for image in images:
                waiting.append((image, pool.submit(image.read)))
                if len(waiting) > _AHEAD:
                    yield _read_by(*waiting.popleft())
            for image, future in waiting:
                yield _read_by(image, future)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)  # each of them may wait for its store
            raise


def _read_by(image: ImageFile, future: Future[Any]) -> ImageFile:
    """Return the image, of its own kind: one that is prepared already must not be cropped again."""
    return replace(image, read=future.result)
