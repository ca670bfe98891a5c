"""A model's answers to a visitor's uploads: read, examined and kept a few at a time, so that nothing is done twice."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from datasets import DecodedImage, Decoding, ImageError, Listing, Upload, UploadReader
from ui.predictions.keeping import Place, Read, Visitor
from ui.predictions.prediction import Prediction
from ui.wording import some

if TYPE_CHECKING:
    from trainer import Classifier, Decide, Examined

Coming = Future[list[DecodedImage | ImageError]]
_FIRST, _AT_ONCE = 16, 64
"""Images that are examined at once: few at first, to show early that something happens."""
_FULL = "not read: there is no room for more; download the answers, remove the uploads and go on with the others"


@dataclass(frozen=True)
class Answer:
    """What is said of an image: its place (None: of an upload that holds none), the answer, and what the model saw."""

    place: Place | None
    prediction: Prediction
    image: DecodedImage | None


class Asking:
    """One model, asked about a visitor's uploads. ``model`` is what tells it from others, and from itself anew."""

    def __init__(
        self, visitor: Visitor, reader: UploadReader, classifier: "Classifier", model: str, decoding: Decoding
    ) -> None:
        self._visitor, self._reader, self._classifier, self._decoding = visitor, reader, classifier, decoding
        self.key = (model, decoding)
        self._reads = visitor.reads.setdefault(decoding, {})
        self._found = visitor.found.setdefault(self.key, {})
        visitor.reads.move_to_end(decoding)

    @property
    def done(self) -> int:
        """Number of the images that have been answered."""
        return sum(len(self._found.get(upload.digest, ())) for upload in self._visitor.uploads)

    @property
    def total(self) -> int:
        """Number of all images, as far as it is known."""
        reads = (self._reads.get(upload.digest) for upload in self._visitor.uploads)
        return sum(1 if read is None else len(read.listing.names) for read in reads)

    @property
    def is_done(self) -> bool:
        """Whether all are answered."""
        listed = all(upload.digest in self._reads for upload in self._visitor.uploads)
        return listed and self.done == self.total

    def go_on(self) -> Iterator[None]:
        """Answer what is not answered yet, some images at a time; it may be left at any of them."""
        for upload in self._visitor.uploads:
            if upload.digest not in self._reads:
                listing = self._reader.listing(upload, self._decoding.ranges)
                if not self._visitor.has_room(listing.size, self._decoding):
                    listing = Listing(error=_FULL)
                self._reads[upload.digest] = Read(listing)
                self._visitor.add_size(listing.size)
                yield
        self._examine()
        pool = ThreadPoolExecutor(1, thread_name_prefix="uploads")
        try:
            following = self._following(pool)
            while following is not None:
                self._keep(*following)
                following = self._following(pool)  # decoded while the model works
                self._examine()
                yield
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # what it is at ends by itself, and soon

    def answers(self, *, decide: "Decide | None", max_error: float | None) -> list[Answer]:
        """Decide on what is answered. Raises OptionsError as `Classifier.answer` does."""
        images: list[tuple[Place, str, DecodedImage | ImageError]] = []
        found: list[Examined] = []
        said: list[Answer] = []
        for upload in self._visitor.uploads:
            read, examined = self._reads.get(upload.digest), self._found.get(upload.digest, [])
            if read is None:
                continue
            names = read.listing.names[: len(examined)]
            places = ((upload.digest, number) for number in range(len(names)))
            images += zip(places, names, read.images, strict=False)
            found += [each for each in examined if each is not None]
            problem = self._problem(upload, read)
            if problem:
                said.append(Answer(None, Prediction(upload.name, None, None, (), problem), None))
        classified = self._classifier.answer(
            [(name, image) for _, name, image in images],
            found,
            crop=self._decoding.crop,
            decide=decide,
            max_error=max_error,
        )
        of_images = zip(images, classified, strict=True)
        return [
            *(
                Answer(place, Prediction.of(each), image if isinstance(image, DecodedImage) else None)
                for (place, _, image), each in of_images
            ),
            *said,
        ]

    def notes(self) -> list[str]:
        """Say what was left out of the uploads."""
        reads = ((upload, self._reads.get(upload.digest)) for upload in self._visitor.uploads)
        return [
            f"{upload.name} has more images than are read of one upload: the first {len(read.listing.names):,} were"
            for upload, read in reads
            if read is not None and read.listing.cut
        ]

    def _problem(self, upload: Upload, read: Read) -> str:
        """Say why there is nothing of an upload, or what it lacks; empty where it is as it should be."""
        if read.listing.error or read.listing.named is None:
            return read.listing.error
        there = {PurePosixPath(name).name for each in self._reads.values() for name in each.listing.names}
        stems = {name.rpartition(".")[0] for name in there}
        named = [name.replace("\\", "/").rpartition("/")[2] for name in read.listing.named]
        missing = [name for name in named if name not in there and name not in stems]
        if not named:
            return "a table that names no image"
        if not missing:
            return ""
        return f"a table that names {some(missing, 'image')}, not among the uploads: upload what it names, too"

    def _following(self, pool: ThreadPoolExecutor) -> "tuple[list[Place], Coming] | None":
        """Begin to decode the next images; return which, and where they will be. None after the last."""
        places: list[tuple[Upload, int]] = []
        most = _AT_ONCE if self.done else _FIRST
        for upload in self._visitor.uploads:
            read = self._reads[upload.digest]
            rest = range(len(read.images), len(read.listing.names))
            places += [(upload, number) for number in rest[: most - len(places)]]
            if len(places) == most:
                break
        if not places:
            return None
        room = len(places) * 3 * self._decoding.image_size**2
        if not self._visitor.has_room(room, self._decoding):
            full: Coming = Future()
            full.set_result([ImageError(_FULL)] * len(places))
            return [(upload.digest, number) for upload, number in places], full
        read_images = pool.submit(self._reader.read, places, self._decoding)
        return [(upload.digest, number) for upload, number in places], read_images

    def _keep(self, places: list[Place], coming: Coming) -> None:
        for (digest, _), image in zip(places, coming.result(), strict=False):
            self._reads[digest].images.append(image)
            self._visitor.add_size(image.pixels.nbytes if isinstance(image, DecodedImage) else 200)

    def _examine(self) -> None:
        """Have the model look at what has been decoded."""
        waiting = [
            (upload.digest, image)
            for upload in self._visitor.uploads
            for image in self._reads[upload.digest].images[len(self._found.setdefault(upload.digest, [])) :]
        ]
        for start in range(0, len(waiting), _AT_ONCE):
            part = waiting[start : start + _AT_ONCE]
            pixels = [image.pixels for _, image in part if isinstance(image, DecodedImage)]
            examined = iter(self._classifier.examine(np.stack(pixels)) if pixels else [])
            for digest, image in part:
                self._found[digest].append(next(examined) if isinstance(image, DecodedImage) else None)
