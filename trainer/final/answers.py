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
_FORMAT, _BEFORE = "galaxy-tuner-answers/2", "galaxy-tuner-answers/1"
_LENGTH = "-epochs"


@dataclass(frozen=True)
class BeginningAnswers:
    """What the network of a beginning answers for images that it was not trained on.

    Attributes:
        rows: int64, (n,): the rows of the validation part of its division, ascending. They are those that the dataset
            had then, as another import of the same images may number them otherwise: see `realigning`.
        true: int64, (n,): their classes.
        validation: Number of views → probabilities, float32 (n, classes). Three numbers, ascending: the image alone;
            it and its mirror image in all turns that the network tells apart; those in two sizes.
        test: The same of the dataset's test rows, (m, classes); m is 0 where there are none.
        member: The network, as a bundle describes it; of one view.
        operations: What it computes for one image and view; see `operations`.
        modules: Those that must be imported before it is loaded.
        unlabelled: As ``test``, of the galaxies of no class that `learning_none.shown` draws; empty where there were
            none.
        images: uint64, (n + m,): which images those of ``validation`` and then of ``test`` are, as
            `realigning.images_of` knows them; empty in those of an earlier version.
        of_none: Which galaxies of no class there were to draw, as `realigning.none_of` names them.
    """

    rows: npt.NDArray[np.int64]
    true: npt.NDArray[np.int64]
    validation: Mapping[int, Probabilities]
    test: Mapping[int, Probabilities]
    member: BundleMember
    operations: int
    modules: tuple[str, ...] = ()
    unlabelled: Mapping[int, Probabilities] = field(default_factory=dict)
    images: npt.NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))
    of_none: str = ""

    @property
    def views(self) -> tuple[int, ...]:
        """The numbers of views, ascending."""
        return tuple(sorted(self.validation))

    def packed(self) -> bytes:
        """Return them as the content of an `.npz` file without pickles."""
        about = json.dumps(
            {
                "format": _FORMAT,
                "member": asdict(self.member),
                "operations": self.operations,
                "modules": self.modules,
                "of_none": self.of_none,
            }
        )
        arrays: dict[str, npt.NDArray[np.generic]] = {
            "rows": self.rows,
            "true": self.true,
            "images": self.images,
            "about": np.array(about),
        }
        for name in _PARTS:
            arrays |= {f"{name}.{views}": answers for views, answers in getattr(self, name).items()}
        stream = io.BytesIO()
        np.savez(stream, **arrays)  # type: ignore[arg-type]  # NumPy's own types are of one keyword
        return stream.getvalue()


def of_length(work: Folder, epochs: int) -> Folder:
    """Return the folder, in that of a beginning, of its training over so many epochs.

    Each length has its own: what has ended stands until all of a longer one has come as far.
    """
    return work.child(f"{epochs}{_LENGTH}")


def kept_place(work: Folder, epochs: int) -> Folder:
    """Return the folder in which a beginning of so many epochs has left its network and answers, if it has ended.

    Earlier versions left them in that of the beginning itself, which had one length at a time.
    """
    place = of_length(work, epochs)
    return work if not place.exists(ANSWERS) and work.exists(ANSWERS) else place


def delete_other_lengths(work: Folder, *, epochs: int) -> None:
    """Delete what trainings over other numbers of epochs have left in the folder of a beginning."""
    for name in work.names():
        if name.endswith(_LENGTH) and work.child(name) != of_length(work, epochs):
            work.child(name).delete_tree()


def read_answers(work: Folder, *, epochs: int) -> BeginningAnswers | None:
    """Return what a beginning answered at the end of so many epochs, as it is kept in ``work``.

    None of one that has not come to that. Whoever puts it to a dataset takes `realigning.answers_to` instead.

    Raises CheckpointError for a damaged file.
    """
    place = kept_place(work, epochs)
    data = place.read_if_there(ANSWERS)
    if data is None:
        return None
    answers = _unpacked(data, place.child(ANSWERS).uri)
    return None if place == work and answers.member.epochs != epochs else answers


def _unpacked(data: bytes, path: str) -> BeginningAnswers:
    """Read what `BeginningAnswers.packed` made."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = json.loads(str(arrays.pop("about")))
        if about["format"] not in (_FORMAT, _BEFORE):
            raise ValueError(f"expected the format {_FORMAT}, found {about['format']}")
        by_views: dict[str, dict[int, Probabilities]] = {part: {} for part in _PARTS}
        for name in sorted(arrays.keys() - {"rows", "true", "images"}):
            part, _, views = name.partition(".")
            by_views[part][int(views)] = arrays[name]
        member = BundleMember(**about["member"])
        return BeginningAnswers(
            arrays["rows"],
            arrays["true"],
            **by_views,
            member=member,
            operations=about["operations"],
            modules=tuple(about.get("modules", ())),
            images=arrays.get("images", np.zeros(0, np.uint64)),
            of_none=about.get("of_none", ""),
        )
    except (ValueError, KeyError, TypeError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise CheckpointError(f"{path!r} is damaged ({error}): delete it to train this beginning again") from error
