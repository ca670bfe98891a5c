"""What a trained network has answered, as it is kept: read without Keras or TensorFlow."""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import numpy as np
import numpy.typing as npt

from datasets import Folder
from trainer.bundles.manifest import BundleMember
from trainer.errors import CheckpointError

Probabilities = npt.NDArray[np.float32]
ANSWERS = "answers.npz"
_PARTS = ("validation", "test", "unlabelled")
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
        unlabelled: As ``test``, of the galaxies of no class that `learning_none.shown` draws; empty where there were
            none, or an older version did not ask.
    """

    rows: npt.NDArray[np.int64]
    true: npt.NDArray[np.int64]
    validation: Mapping[int, Probabilities]
    test: Mapping[int, Probabilities]
    member: BundleMember
    operations: int
    modules: tuple[str, ...] = ()
    unlabelled: Mapping[int, Probabilities] = field(default_factory=dict)

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
        for name in _PARTS:
            arrays |= {f"{name}.{views}": answers for views, answers in getattr(self, name).items()}
        stream = io.BytesIO()
        np.savez(stream, **arrays)  # type: ignore[arg-type]  # NumPy's own types are of one keyword
        return stream.getvalue()


def read_answers(work: Folder) -> BeginningAnswers | None:
    """Return what a finished beginning answered; None of one that is not. Raises CheckpointError for a damaged file."""
    data = work.read_if_there(ANSWERS)
    return None if data is None else _unpacked(data, work.child(ANSWERS).uri)


def _unpacked(data: bytes, path: str) -> BeginningAnswers:
    """Read what `BeginningAnswers.packed` made."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = json.loads(str(arrays.pop("about")))
        if about["format"] != _FORMAT:
            raise ValueError(f"expected the format {_FORMAT}, found {about['format']}")
        by_views: dict[str, dict[int, Probabilities]] = {part: {} for part in _PARTS}
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
