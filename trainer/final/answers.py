"""What a trained network answers by how many views of an image it averages: each view is computed once."""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from datasets import Dataset, Split, plain_batches
from trainer.answering.predicting import as_probabilities, compiled, full_float32
from trainer.answering.views import AS_IT_IS, TWO_SIZES, every_view, images_at_once
from trainer.bundles.manifest import BundleMember
from trainer.errors import CheckpointError
from trainer.fitting.epoch import VALIDATION_BATCH_SIZE
from trainer.frameworks import keras, tf

Probabilities = npt.NDArray[np.float32]
_SCALES = (*AS_IT_IS, *TWO_SIZES)
_FORMAT = "galaxy-tuner-answers/1"


@dataclass(frozen=True)
class BeginningAnswers:
    """What the network of a beginning answers for images that it was not trained on.

    Attributes:
        rows: int64, (n,): the rows of the validation part of its division, ascending.
        true: int64, (n,): their classes.
        validation: Number of views → probabilities, float32 (n, classes). Three numbers, ascending: the image alone;
            it and its mirror image in all turns that the network tells apart; those in two sizes.
        test: The same of the dataset's test rows, (m, classes); m is 0 where there are none.
        member: The network, as a bundle describes it; of one view.
        operations: What it computes for one image and view; see `operations`.
        modules: Those that must be imported before it is loaded.
    """

    rows: npt.NDArray[np.int64]
    true: npt.NDArray[np.int64]
    validation: Mapping[int, Probabilities]
    test: Mapping[int, Probabilities]
    member: BundleMember
    operations: int
    modules: tuple[str, ...] = ()

    @property
    def views(self) -> tuple[int, ...]:
        """The numbers of views, ascending."""
        return tuple(sorted(self.validation))

    def packed(self) -> bytes:
        """Return them as the content of an `.npz` file without pickles."""
        about = json.dumps(
            {"format": _FORMAT, "member": asdict(self.member), "operations": self.operations, "modules": self.modules}
        )
        arrays: dict[str, npt.NDArray[np.generic]] = {"rows": self.rows, "true": self.true, "about": np.array(about)}
        for name in ("validation", "test"):
            arrays |= {f"{name}.{views}": answers for views, answers in getattr(self, name).items()}
        stream = io.BytesIO()
        np.savez(stream, **arrays)  # type: ignore[arg-type]  # NumPy's own types are of one keyword
        return stream.getvalue()


def unpacked_answers(data: bytes, path: str) -> BeginningAnswers:
    """Read what `BeginningAnswers.packed` made. Raises CheckpointError, which names ``path``, for anything else."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = json.loads(str(arrays.pop("about")))
        if about["format"] != _FORMAT:
            raise ValueError(f"expected the format {_FORMAT}, found {about['format']}")
        by_views: dict[str, dict[int, Probabilities]] = {"validation": {}, "test": {}}
        for name in sorted(arrays.keys() - {"rows", "true"}):
            part, _, views = name.partition(".")
            by_views[part][int(views)] = arrays[name]
        member = BundleMember(**about["member"])
        operations, modules = about["operations"], tuple(about.get("modules", ()))
        return BeginningAnswers(
            arrays["rows"], arrays["true"], **by_views, member=member, operations=operations, modules=modules
        )
    except (ValueError, KeyError, TypeError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise CheckpointError(f"{path!r} is damaged ({error}): delete it to train this beginning again") from error


@full_float32()
def answers_by_views(
    model: keras.Model, dataset: Dataset, split: Split, *, turns: int, logits: bool
) -> dict[int, Probabilities]:
    """Return, by the number of views, the probabilities of a model for the rows of a split, (n, classes), n ≥ 0.

    ``turns`` are those that `differing_turns` found. Averages are those of `view_average`.

    Raises InfeasibleError if an output is not finite, or outputs are no probabilities.
    """
    network = every_view(model, image_shape=dataset.image_shape, turns=turns, scales=_SCALES)
    run = compiled(partial(network, training=False), tf.TensorSpec((None, *dataset.image_shape), tf.float32))
    at_once = images_at_once(2 * turns * len(_SCALES), VALIDATION_BATCH_SIZE)
    parts: list[tuple[Probabilities, ...]] = []
    for images, _ in plain_batches(dataset, dataset.rows(split), batch_size=at_once).epoch():
        outputs = run(images).numpy().reshape(len(images), 2, len(_SCALES), turns, -1)
        parts.append((outputs[:, 0, 0, 0], outputs[:, :, 0].mean((1, 2)), outputs[:, :, 1:].mean((1, 2, 3))))
    numbers = (1, 2 * turns, 2 * turns * len(TWO_SIZES))
    nothing = np.zeros((0, len(dataset.classes)), np.float32)
    each = zip(*parts, strict=True) if parts else [(nothing,)] * len(numbers)
    return {
        views: as_probabilities(np.concatenate(part), logits=logits) for views, part in zip(numbers, each, strict=True)
    }
