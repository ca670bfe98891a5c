"""What can go wrong in the trainer.

GalaxyTunerError
└── TrainerError         root of this package; callers that only print one line catch it
    ├── InfeasibleError      this configuration cannot be built or diverged: record the reason, go on with the next
    ├── OptionsError         an option is out of its range: stop before training, say the rule (also a ValueError)
    ├── ObjectiveError       no such metric, or its direction is not known: stop before training
    ├── CheckpointError      a checkpoint belongs to another run or is damaged: stop, delete it to start over
    ├── SplitError           the dataset has no rows in a split that is needed: stop, import it again
    ├── FrameworkError       Keras is of a version that this was not made for: stop, install another
    ├── ExportError          the model cannot be written in another program's format: say what is missing, stop
    ├── BundleError          not a bundle, of another version, or changed since it was written: refuse it
    ├── CatalogueError       a table is none that this model classified: refuse it
    ├── ModelMismatchError   the dataset does not fit the model (classes, image size, crop): refuse it
    ├── SeenError            the model was trained or chosen on these images: refuse to score it on them
    └── PartsError           answers beside an output are of something else, or being written: refuse to go on with them
"""

import re

from datasets import GalaxyTunerError, place_of, placed

_LONGEST_REASON = 400


class TrainerError(GalaxyTunerError):
    """Any error of this package that a user can cause; its text is one line."""


class InfeasibleError(TrainerError):
    """This configuration cannot be built or has diverged. Repeating it gives the same: record the reason, go on."""

    @classmethod
    def because(cls, error: BaseException) -> "InfeasibleError":
        """Make one from whatever ``build`` or a training step raised, with a reason of one line.

        It names the place in the user's code, as `datasets.place_of` finds it.
        """
        reason = f"out of memory: {one_line(error)}" if is_out_of_memory(error) else one_line(error)
        return cls(placed(reason, place_of(error)))


class OptionsError(TrainerError, ValueError):
    """An option is out of its range; the text states the rule and the value."""


class ObjectiveError(TrainerError):
    """The objective names no metric of the model, or its direction is not known."""


class CheckpointError(TrainerError):
    """A checkpoint cannot be continued: it belongs to another run or cannot be read."""


class SplitError(TrainerError):
    """The dataset has no images in a split that is needed."""


class FrameworkError(TrainerError):
    """Keras lacks something that is used; the text names it and the versions that have it."""


class ExportError(TrainerError):
    """A model cannot be exported: its place is taken, a package is missing, or the format cannot hold it."""


class BundleError(TrainerError):
    """A bundle is refused; the text names the path, what was expected and what was found."""


class CatalogueError(TrainerError):
    """A table that is to be counted is none, or has no answers, or those of another model."""


class ModelMismatchError(TrainerError):
    """A dataset does not fit a model: other classes, another image size or another crop."""


class SeenError(TrainerError):
    """A model is to be scored on images that it was trained or chosen on; the text says what else can be done."""


class PartsError(TrainerError):
    """Answers beside an output cannot be gone on with: they are of something else, or another process writes them."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether Python or TensorFlow (its ``ResourceExhaustedError``) could not get the memory that it asked for."""
    return isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError"


def one_line(error: BaseException) -> str:
    """Write ``error`` as ``Type: message`` on one line of at most 400 characters.

    Keras and TensorFlow spread messages over many lines, with terminal colours, names of nodes and devices, and a list
    of the arguments received: those are left out.
    """
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    text = text.rpartition("Exception encountered: ")[2]  # Keras puts a whole configuration before the cause
    text = re.split(r"Arguments received by|\[Op:|\[\[\{\{node|Detected at node", text)[0]
    text = re.sub(r"\{\{[^}]*\}\}| on /job:\S+( by allocator \S+)?", "", text)
    line = " ".join(f"{type(error).__name__}: {text}".split()).rstrip(":")
    return line if len(line) <= _LONGEST_REASON else line[: _LONGEST_REASON - 1] + "…"
