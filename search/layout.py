"""Names in a search directory. No other module joins these.

<storage>/<name>/
    specification.json       what was asked for; written once, first, exclusively: it claims the name; while the search
                             is deleted or renamed a mark is in its place
    budget.json              how many trials, in how much time, where `galaxy resume` changed either
    dataset.json             where the dataset is, where `--dataset` said that it has moved
    time.json                how much time the search has spent, whether or not it has a limit; rewritten as it runs
    state.json               the search's state as its driver last said it
    stop.json                a request to stop, until the next driver starts
    drivers/<number>-<token>.json
                             the last driver's heartbeat, rewritten while it lives; the highest number counts
    trainers/                the same of who trains the winners fully
    fit.json                 how `galaxy fit` parts its time, where the search is a part of one
    oracle.json              the oracle's state, as it was some trials ago
    oracle-rest.json         what the state has more by now
    snapshot.json            ended records without histories, for quick reading; never trusted over records/
    space.json               every hyperparameter that the oracle knows; grows when a trial discovers a new one;
                             another one, and the trials before, where `--accept-space` has taken an edited space
    lessons.json             what `--warm-start` took from another search, at the start
    suggestions/<id>.json    what the oracle proposed; durable before Ray gets it
    retries/<id>.<n>.json    a request to try an ended trial again, as its attempt number n, from 2 on
    progress/<id>.json       a running trial's last report; replaced each epoch
    records/<id>.json        one ended trial; written once, never changed
    records/<id>.<n>.json    the same of a later attempt; the newest that was asked for counts
    tracebacks/<id>.txt      what the code of an infeasible trial's configuration raised in its last attempt
    notes/<id>.txt           what a reader has noted of a trial
    checkpoints/<id>/        given to the trainer
    training/<id>/           given to the trainer for the winner's full training
    training/<id>-b<n>/      the same for a finalist's further beginning of number n
    code.json                what names the code of the space that the search was last driven with
    training-code.json       the same of what `galaxy train` trains
    training-time.json       how much time `galaxy train --time-limit` has spent; rewritten while it runs
    finals.json              the finalists, what their further beginnings scored, and which is chosen
    model/                   the bundle
    model.onnx, .tflite, .savedmodel/
                             what it was exported to, where that is put beside it, as the page does
"""

import re
import shlex
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from datasets import Folder, open_folder
from search.errors import SettingsError

DEFAULT_STORAGE = "runs"
"""Where searches are without ``--storage``."""
SPECIFICATION = "specification.json"
BUDGET = "budget.json"
DATASET = "dataset.json"
TIME = "time.json"
STATE = "state.json"
STOP = "stop.json"
DRIVERS = "drivers"
TRAINERS = "trainers"
ORACLE = "oracle.json"
ORACLE_REST = "oracle-rest.json"
SNAPSHOT = "snapshot.json"
SPACE = "space.json"
LESSONS = "lessons.json"
FINALS = "finals.json"
FIT = "fit.json"
TRAINING_TIME = "training-time.json"
CODE = "code.json"
TRAINING_CODE = "training-code.json"
_TRACEBACKS, _NOTES = "tracebacks", "notes"
_ENDING = ".json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def check_name(name: str) -> str:
    """Return ``name``, or raise SettingsError: it becomes a folder, on any file system and in any object store."""
    if not _NAME.fullmatch(name):
        raise SettingsError(
            f"a search name is 1-100 letters, digits, '.', '_' or '-', the first a letter or digit, but got {name!r}"
        )
    return name


@dataclass(frozen=True)
class SearchLayout:
    """The places of one search. ``root`` may be on any file system that `datasets.open_folder` opens."""

    root: Folder

    @classmethod
    def of(cls, storage: str, name: str) -> "SearchLayout":
        """Lay out the search called ``name`` below ``storage``. Raises SettingsError for a name that cannot be one."""
        return cls(open_folder(storage).child(check_name(name)))

    @property
    def name(self) -> str:
        """The search's name: that of its folder, wherever that was moved to."""
        return unquote(urlsplit(self.root.uri).path if self.root.local is None else self.root.uri).rpartition("/")[2]

    @property
    def storage(self) -> str:
        """The folder that holds the search, as ``--storage`` takes it."""
        return self.root.parent.uri

    @property
    def is_default_storage(self) -> bool:
        """Whether a command finds the search without ``--storage``, and a function without ``storage``."""
        return self.storage == open_folder(DEFAULT_STORAGE).uri

    def command(self, *words: str) -> str:
        """Write a command about the search that can be pasted into a shell: wherever that is, it finds the storage."""
        place = () if self.is_default_storage else ("--storage", self.storage)
        return shlex.join(("galaxy", *words, *place))

    def call(
        self, function: str, *words: str, address: str = "local", in_where: bool = False, **given: str | None
    ) -> str:
        """Write a call about the search, of an object that is to be given again, which no command has.

        ``words`` and ``given``, but for what is None, are arguments as they are written. With ``in_where`` the object,
        the storage and the ``address`` are in a `cluster.Where`.
        """
        storage = None if self.is_default_storage else repr(self.storage)
        at = _written(hypermodel="…", storage=storage, address=None if address == "local" else repr(address))
        place = [f"where=Where({', '.join(at)})"] if in_where else at
        return f"{function}({', '.join([repr(self.name), *words, *place, *_written(**given)])})"

    @property
    def suggestions(self) -> Folder:
        """Folder of ``<trial_id>.json``, one per suggestion."""
        return self.root.child("suggestions")

    @property
    def retries(self) -> Folder:
        """Folder of ``<trial_id>.<attempt>.json``, one for each time that a trial was asked to be tried again."""
        return self.root.child("retries")

    @property
    def progress(self) -> Folder:
        """Folder of ``<trial_id>.json``, one per trial that has reported an epoch."""
        return self.root.child("progress")

    @property
    def records(self) -> Folder:
        """Folder of ``<trial_id>.json``, one per ended trial, and ``<trial_id>.<attempt>.json`` for its retries."""
        return self.root.child("records")

    def write_traceback(self, trial_id: str, text: str) -> None:
        """Keep a trial's traceback."""
        self.root.child(_TRACEBACKS).write_whole(_text_of(trial_id), text.encode("utf-8", "backslashreplace"))

    def delete_traceback(self, trial_id: str) -> None:
        """Keep none any more."""
        self.root.child(_TRACEBACKS).delete(_text_of(trial_id))

    def traceback(self, trial_id: str) -> str | None:
        """Return a trial's traceback; None where none was kept."""
        return _read_text(self.root.child(_TRACEBACKS), trial_id)

    def write_note(self, trial_id: str, text: str) -> None:
        """Keep what a reader notes of a trial, in place of what was noted; no text takes the note away."""
        notes = self.root.child(_NOTES)
        if text:
            notes.write_whole(_text_of(trial_id), text.encode("utf-8", "backslashreplace"))
        else:
            notes.delete(_text_of(trial_id))

    def note(self, trial_id: str) -> str:
        """Return what a reader has noted of a trial; no text where nobody has."""
        return _read_text(self.root.child(_NOTES), trial_id) or ""

    def beginning(self, trial_id: str, number: int) -> Folder:
        """Return the folder in which the trainer keeps a finalist's further beginning of a number, from 1."""
        return self.training.child(f"{trial_id}-b{number}")

    def checkpoints(self, trial_id: str) -> Folder:
        """Return the folder in which the trainer keeps a trial's checkpoints."""
        return self.root.child("checkpoints", trial_id)

    @property
    def training(self) -> Folder:
        """Folder in which the trainer keeps the checkpoints of the full training, one child a member or beginning."""
        return self.root.child("training")

    @property
    def bundle(self) -> Folder:
        """Folder of the trained classifier."""
        return self.root.child("model")


def _written(**given: str | None) -> list[str]:
    return [f"{name}={value}" for name, value in given.items() if value is not None]


def _text_of(trial_id: str) -> str:
    return f"{trial_id}.txt"


def _read_text(folder: Folder, trial_id: str) -> str | None:
    data = folder.read_if_there(_text_of(trial_id))
    return None if data is None else data.decode("utf-8", "replace")


def files_in(folder: Folder) -> list[str]:
    """Return the names of a ledger's files in ``folder``, not what desktops and editors put beside them."""
    return [name for name in folder.names() if name.endswith(_ENDING) and not name.startswith(".")]


def file_of(trial_id: str) -> str:
    """Return the file name of a trial's suggestion or progress."""
    return f"{trial_id}{_ENDING}"


def trial_of(file_name: str) -> str:
    """Return the trial id in a file name that `file_of` made."""
    return file_name.removesuffix(_ENDING)


def attempt_file(trial_id: str, attempt: int) -> str:
    """Return the file name of an attempt's record or request; the first attempt is number 1 and is not named."""
    return file_of(trial_id if attempt == 1 else f"{trial_id}.{attempt}")


def attempt_of(file_name: str) -> tuple[str, int]:
    """Return the trial id and the attempt in a file name that `attempt_file` made."""
    trial_id, dot, attempt = trial_of(file_name).rpartition(".")
    return (trial_id, int(attempt)) if dot and attempt.isdecimal() else (trial_of(file_name), 1)


def driver_file(number: int, token: str) -> str:
    """Return the file name of a driver's heartbeat; the first driver is number 1."""
    return f"{number:06d}-{token}{_ENDING}"


def driver_of(file_name: str) -> int:
    """Return the driver's number in a file name that `driver_file` made; 0 for any other."""
    number = file_name.partition("-")[0]
    return int(number) if number.isdecimal() and file_name.endswith(_ENDING) else 0
