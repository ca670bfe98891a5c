"""Using a bundle: probabilities of images, classification of files."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from datasets import DecodedImage, Folder, ImageError, ImageFile, Progress, few, image_hashes, silent
from trainer.answering.asked import check_fraction, checked_images
from trainer.answering.averaging import weighted_mean
from trainer.answering.calibration import apply_temperature
from trainer.answering.decision import Decide, decided
from trainer.answering.judging import Judge, scale_warning
from trainer.answering.occlusion import occlusion_map
from trainer.answering.predicting import as_probabilities, compiled, full_float32
from trainer.answering.views import images_at_once
from trainer.bundles.bundle import Bundle, load_bundle
from trainer.bundles.hashes import known_among
from trainer.errors import OptionsError
from trainer.frameworks import tf

_BATCH_SIZE = 64
_DECODING_THREADS = 4


@dataclass(frozen=True)
class Classification:
    """What became of one file.

    Attributes:
        path: Its name; a file in an archive is ``a.zip/dir/b.jpg``.
        class_name: The class decided for, which need not be the most probable one (see `Decide`); None where the file
            could not be used.
        probabilities: Class → calibrated probability, in the order of the classes; None likewise.
        warnings: What may make the answer less trustworthy, a line each.
        error: Why the file could not be used, one line; None where it could.
        pixels: uint8, (side, side, 3): what the model saw; None where the file could not be used.
        sure: Whether the class is named at the error rate asked for; None where the model can promise none.
        seen: Whether the model was trained or chosen on it, so that its answer is no test of the model; None where the
            model does not know.
        novelty: Above 1 where the image is not like the training images (see `Novelty`); None where the model does not
            know.
        none: Above 1 where the galaxy is of none of the classes; None where the model was never shown such galaxies.
    """

    path: str
    class_name: str | None
    probabilities: dict[str, float] | None
    warnings: tuple[str, ...]
    error: str | None
    pixels: npt.NDArray[np.uint8] | None
    sure: bool | None = None
    novelty: float | None = None
    seen: bool | None = None
    none: float | None = None


@dataclass(frozen=True)
class Examined:
    """What a model finds in an image, whatever is then decided.

    ``probabilities`` are calibrated, float32 (classes,); ``novelty`` and ``seen`` as in `Classification`.
    """

    probabilities: npt.NDArray[np.float32]
    novelty: float | None
    seen: bool | None


class Classifier:
    """A bundle ready to classify. Its models are compiled into one function at the first use."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self._side = side = bundle.manifest.preprocessing.image_size
        # Older bundles do not say, and have 8 at most: few enough.
        views = max(member.views or 1 for member in bundle.manifest.members)
        self._at_once = images_at_once(views, _BATCH_SIZE)
        self._predict = compiled(self._outputs, tf.TensorSpec((None, side, side, 3), tf.uint8))

    @classmethod
    def load(cls, location: str | Path | Folder) -> "Classifier":
        """Load a bundle. Raises BundleError or StorageError as `load_bundle` does."""
        return cls(load_bundle(location))

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the probabilities."""
        return self.bundle.manifest.classes

    def probabilities(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Return calibrated probabilities, float32 (n, classes), of images uint8 (n, side, side, 3).

        At most 64 go through the networks at once, fewer where each has many views.

        Raises OptionsError for images of another type or shape.
        """
        size, images = self._at_once, checked_images(images, self._side)
        batches = [self._batch(images[start : start + size]) for start in range(0, len(images), size)]
        return np.concatenate([np.zeros((0, len(self.classes)), np.float32), *batches])

    def classify(
        self,
        files: Iterable[ImageFile],
        *,
        crop: float | None = None,
        decide: Decide | None = None,
        max_error: float | None = None,
    ) -> Iterator[Classification]:
        """Classify files in their order; a file that cannot be used gives its reason, and the next one follows.

        Args:
            crop: Central fraction of the shorter side to look at, above 0 to 1; None: as in training.
            decide: Which class is named; the probabilities are the same. None: the bundle's own, see `point`.
            max_error: Share of wrong answers, 0–1, to accept among sure ones; None: `MAX_ERROR`.

        Raises:
            OptionsError: ``crop`` or ``max_error`` is no fraction, or the model cannot promise that; or see `point`.
        """
        check_fraction("crop", crop)
        point = self.point(decide)
        judge = Judge.of(self.bundle.trust, point, max_error, self.bundle.uri)
        fraction = self.bundle.manifest.preprocessing.crop if crop is None else crop
        return self._classify(iter(files), fraction, point, judge)

    def examine(self, pixels: npt.NDArray[np.uint8]) -> list[Examined]:
        """Return what the model finds in decoded images, uint8 (n, side, side, 3): all that takes long.

        Raises OptionsError as `probabilities` does.
        """
        pixels = checked_images(pixels, self._side)
        probabilities = self.probabilities(pixels)
        trust, known = self.bundle.trust, self.bundle.seen
        unknown: list[None] = [None] * len(pixels)
        novelty = unknown if trust is None or trust.novelty is None else trust.novelty.of(pixels).tolist()
        seen = unknown if known is None else known_among(image_hashes(pixels), known).tolist()
        return [Examined(*each) for each in zip(probabilities, novelty, seen, strict=True)]

    def answer(
        self,
        images: Sequence[tuple[str, DecodedImage | ImageError]],
        found: Iterable[Examined],
        *,
        crop: float,
        decide: Decide | None = None,
        max_error: float | None = None,
    ) -> list[Classification]:
        """Decide, as `classify` does, on images with their names; ``found`` is of those that can be used, in order.

        Raises OptionsError as `classify` does.
        """
        point = self.point(decide)
        judge = Judge.of(self.bundle.trust, point, max_error, self.bundle.uri)
        return list(self._decided(images, list(found), crop, point, judge))

    def _classify(
        self, source: Iterator[ImageFile], crop: float, decide: Decide, judge: Judge
    ) -> Iterator[Classification]:
        with ThreadPoolExecutor(max_workers=_DECODING_THREADS, thread_name_prefix="decode") as pool:
            while chunk := list(islice(source, _BATCH_SIZE)):
                decoded = list(pool.map(lambda file: self._decoded(file, crop), chunk))
                usable = [image.pixels for image in decoded if isinstance(image, DecodedImage)]
                found = self.examine(np.array(usable, np.uint8).reshape(-1, self._side, self._side, 3))
                images = [(file.name, image) for file, image in zip(chunk, decoded, strict=True)]
                yield from self._decided(images, found, crop, decide, judge)

    def heatmap(
        self, pixels: npt.NDArray[np.uint8], class_name: str | None = None, *, progress: Progress = silent
    ) -> npt.NDArray[np.float32]:
        """Return what a class rests on in an image, uint8 (side, side, 3): float32 (side, side), −1 to 1.

        ``class_name`` is by default the most probable class; see `occlusion_map`. It takes 122 classifications.

        Raises OptionsError where the model has no such class, or as `probabilities` does.
        """
        pixels = checked_images(np.asarray(pixels)[np.newaxis], self._side)[0]
        if class_name is not None and class_name not in self.classes:
            raise OptionsError(f"expected a class of the model, {few(self.classes)}, found {class_name!r}")
        if class_name is None:
            number = int(self.probabilities(pixels[np.newaxis])[0].argmax())
        else:
            number = self.classes.index(class_name)
        return occlusion_map(pixels, number, self.probabilities, progress=progress)

    def _outputs(self, images: tf.Tensor) -> list[tf.Tensor]:
        floats = tf.cast(images, tf.float32) / 255
        return [tf.cast(model(floats, training=False), tf.float32) for model in self.bundle.models]

    @full_float32()
    def _batch(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        manifest = self.bundle.manifest
        members = [
            as_probabilities(outputs.numpy(), logits=member.logits)
            for outputs, member in zip(self._predict(images), manifest.members, strict=True)
        ]
        return apply_temperature(weighted_mean(members, manifest.weights), manifest.temperature)

    def point(self, decide: Decide | None) -> Decide:
        """Return the operating point asked for, or where none is, the bundle's own: older ones have that of accuracy.

        Raises OptionsError where the bundle does not have it.
        """
        return self.bundle.manifest.point(decide, self.bundle.uri)

    def decide(self, probabilities: npt.NDArray[np.float32], decide: Decide | None = None) -> npt.NDArray[np.int64]:
        """Return the class number decided for, int64 (n,), from probabilities, float32 (n, classes); see `point`."""
        point = self.point(decide)
        return decided(probabilities, self.classes, self.bundle.manifest.points()[point], point)

    def _decoded(self, file: ImageFile, crop: float) -> DecodedImage | ImageError:
        learnt = self.bundle.manifest.preprocessing
        try:
            return file.decoded(crop=crop, image_size=learnt.image_size, stretch=learnt.stretch)
        except ImageError as error:
            return error

    def _decided(
        self,
        images: Sequence[tuple[str, DecodedImage | ImageError]],
        found: Sequence[Examined],
        crop: float,
        decide: Decide,
        judge: Judge,
    ) -> Iterator[Classification]:
        probabilities = np.array([each.probabilities for each in found], np.float32).reshape(-1, len(self.classes))
        numbers = self.decide(probabilities, decide)
        verdicts = judge.judge([each.novelty for each in found], probabilities, numbers)
        answers = zip(found, numbers, verdicts, strict=True)
        for name, image in images:
            if isinstance(image, ImageError):
                yield Classification(name, None, None, (), str(image), None)
                continue
            examined, number, verdict = next(answers)
            warning = scale_warning(self.bundle.manifest.preprocessing, image.source_size, crop)
            yield Classification(
                path=name,
                class_name=self.classes[number],
                probabilities=dict(zip(self.classes, examined.probabilities.tolist(), strict=True)),
                warnings=(*image.notes, *([] if warning is None else [warning]), *verdict.warnings),
                error=None,
                pixels=image.pixels,
                sure=verdict.sure,
                novelty=verdict.novelty,
                none=verdict.none,
                seen=examined.seen,
            )
