"""Training what is coming in this process, one after another: for breakpoints, and where Ray is not wanted."""

import time

from cluster.errors import OutOfTimeError
from cluster.jobs.coming import Coming
from datasets import Dataset, Folder
from search import SearchSpecification
from trainer import InfeasibleError

_LOOK_SECONDS = 1.0


def train_in_process(
    coming: Coming, specification: SearchSpecification, dataset: Dataset, *, hypermodel: object | None, work: Folder
) -> None:
    """Train all that is ``coming``, each in a folder of its name below ``work``. Raises what that makes of failures."""
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
            training.train(specification, hypermodel, dataset, work=work.child(name), progress=note)
        except OutOfTimeError:
            continue
        except InfeasibleError as error:
            coming.failed(name, error)
        else:
            coming.ended(name)
        coming.unwanted()
