"""Running a search's trials one after another in this process: for breakpoints, and where Ray is not wanted.

Same conductor, same trials, same schedulers as on Ray.
"""

import contextlib
from collections.abc import Callable, Iterator

from ray.tune.schedulers import TrialScheduler

from cluster.driving.alarm import alarmed
from cluster.driving.scheduling import NO_TUNE, make_scheduler, trial_key
from cluster.errors import OutOfTimeError
from cluster.workers.deadline import Deadline
from cluster.workers.trainable import as_result
from cluster.workers.trial import TrialSession
from datasets import StorageError
from search import Conductor, PlaceLostError, Record, SearchLayout, Suggestion, TrialState, now, out_of_time


def run_in_process(
    conductor: Conductor,
    layout: SearchLayout,
    *,
    hypermodel: object | None = None,
    late_seconds: float = 0.0,
    after_epoch: Callable[[], None] | None = None,
) -> None:
    """Run every trial that ``conductor`` suggests; return when it has no more.

    ``hypermodel`` is the search's where that was given as an object. ``late_seconds`` after the end of the conductor's
    time a trial is left that has not ended by itself, as in the middle of being built. The threads of this process are
    those that trials have.
    ``after_epoch`` is called when an epoch has been noted.
    """
    scheduler = make_scheduler(conductor.specification, conductor.records())
    while isinstance(suggestion := conductor.suggest(), Suggestion):
        deadline = Deadline.moving(conductor.budget.left)
        trial, check = suggestion.trial_id, conductor.confirm  # who has lost the place writes over no checkpoint
        session = TrialSession(layout.root.uri, trial, hypermodel, deadline=deadline, check=check)
        try:
            with _heard(conductor, suggestion.trial_id) as may_train:
                record = (
                    _train(suggestion, session, conductor, scheduler, after_epoch, late_seconds)
                    if may_train
                    else _given_up(conductor.record(suggestion.trial_id))
                )
        except OutOfTimeError:
            record = out_of_time(conductor.record(suggestion.trial_id))
        conductor.end(record)
        if after_epoch is not None:
            after_epoch()


@contextlib.contextmanager
def _heard(conductor: Conductor, trial_id: str) -> Iterator[bool]:
    """Note that the trial begins in the block, until its end is heard of; say whether it may.

    What ends the whole process, as a native crash or the system for want of memory does, would else end each that goes
    on with the search, with the same trial.
    """
    before = conductor.record(trial_id)
    may_train = before.unheard <= conductor.specification.settings.max_failures
    if may_train:
        conductor.progress(before.but(unheard=before.unheard + 1))
    try:
        yield may_train
    except BaseException:
        left = conductor.record(trial_id)
        with contextlib.suppress(StorageError, PlaceLostError):
            if left.unheard:
                conductor.progress(left.but(unheard=left.unheard - 1))
        raise


def _given_up(record: Record) -> Record:
    return record.but(
        state=TrialState.FAILED,
        score=None,
        reason=f"its process was ended {record.unheard} times while it trained",
        ended=now(),
    )


def _train(
    suggestion: Suggestion,
    session: TrialSession,
    conductor: Conductor,
    scheduler: TrialScheduler,
    after_epoch: Callable[[], None] | None,
    late_seconds: float,
) -> Record:
    trial = trial_key(suggestion.trial_id)
    scheduler.on_trial_add(NO_TUNE, trial)
    while True:
        # Anew for each epoch: with a first score the end may come nearer.
        with alarmed(conductor.budget.left() + late_seconds):
            record = session.step()
        conductor.update_space(session.declared)
        result = as_result(record)
        if not record.state.is_ended() and scheduler.on_trial_result(NO_TUNE, trial, result) == TrialScheduler.STOP:
            record = record.but(state=TrialState.STOPPED, ended=now())
        if record.state.is_ended():
            scheduler.on_trial_complete(NO_TUNE, trial, result)
            return record
        conductor.progress(record)
        if after_epoch is not None:
            with alarmed(conductor.budget.left() + late_seconds):
                after_epoch()
