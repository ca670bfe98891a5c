"""Training what is coming in this process, one after another: for breakpoints, and where Ray is not wanted."""

import time
from typing import Protocol

from cluster.driving.alarm import alarmed
from cluster.errors import OutOfTimeError
from cluster.jobs.coming import Coming
from datasets import Dataset, Folder
from search import SearchSpecification
from trainer import InfeasibleError

_LOOK_SECONDS = 1.0
# It ends between two batches, where it can.
_LATE_SECONDS = 1.5


class ComingInTime(Coming, Protocol):
    """Trainings that have a time."""

    def left(self) -> float:
        """Return the seconds that are left for training."""


def train_in_process(
    coming: ComingInTime,
    specification: SearchSpecification,
    dataset: Dataset,
    *,
    hypermodel: object | None,
    work: Folder,
) -> None:
    """Train all that is ``coming``, each in a folder of its name below ``work``. Raises what that makes of failures.

    What runs when the time of what is coming is up is left there, whatever it is in: building, or answering.
    """
    coming.most(1)
    while (training := coming.next()) is not None:
        name = training.name
        looked = time.monotonic()

        def note(done: int, total: int | None, name: str = name) -> None:
            nonlocal looked
            coming.far(name, done, total)
            if time.monotonic() - looked >= _LOOK_SECONDS:
                looked = time.monotonic()
                if name in coming.unwanted():
                    raise OutOfTimeError

        try:
            with alarmed(coming.left() + _LATE_SECONDS):
                training.train(specification, hypermodel, dataset, work=work.child(name), progress=note)
        except OutOfTimeError:
            coming.unwanted()  # it hears of the end, if it was not what said so
            continue
        except InfeasibleError as error:
            coming.failed(name, error)
        else:
            coming.ended(name)
        coming.unwanted()
