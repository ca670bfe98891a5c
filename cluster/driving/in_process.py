"""Running a search's trials one after another in this process: for breakpoints, and where Ray is not wanted.

Same conductor, same trials, same schedulers as on Ray.
"""

from collections.abc import Sequence

from ray.tune.schedulers import TrialScheduler

from cluster.driving.scheduling import NO_TUNE, make_scheduler, trial_key
from cluster.workers.results import as_result
from cluster.workers.trial import TrialSession
from search import Conductor, Record, SearchLayout, SearchSpecification, Suggestion, TrialState, now
from trainer import limit_threads


class InProcessScheduler:
    """A scheduler of Ray Tune's, called by hand where Tune does not run; it knows ``records`` already."""

    def __init__(self, specification: SearchSpecification, records: Sequence[Record] = ()) -> None:
        self._scheduler = make_scheduler(specification, records)

    def add(self, trial_id: str) -> None:
        """Take a trial in."""
        self._scheduler.on_trial_add(NO_TUNE, trial_key(trial_id))

    def should_stop(self, record: Record) -> bool:
        """Whether the trial is to be stopped after the epoch that ``record`` ends with."""
        decision = self._scheduler.on_trial_result(NO_TUNE, trial_key(record.trial_id), as_result(record))
        return decision == TrialScheduler.STOP

    def complete(self, record: Record) -> None:
        """Let a trial go that has ended with ``record``."""
        self._scheduler.on_trial_complete(NO_TUNE, trial_key(record.trial_id), as_result(record))


def run_in_process(conductor: Conductor, layout: SearchLayout) -> None:
    """Run every trial that ``conductor`` suggests; return when it has no more."""
    limit_threads(conductor.specification.settings.cpus_per_trial)
    scheduler = InProcessScheduler(conductor.specification, conductor.records())
    while isinstance(suggestion := conductor.suggest(), Suggestion):
        conductor.end(_train(suggestion, conductor, scheduler, layout))


def _train(suggestion: Suggestion, conductor: Conductor, scheduler: InProcessScheduler, layout: SearchLayout) -> Record:
    session = TrialSession(layout.root.uri, suggestion.trial_id)
    scheduler.add(suggestion.trial_id)
    while True:
        record = session.step()
        conductor.update_space(session.declared)
        if not record.state.is_ended() and scheduler.should_stop(record):
            record = record.but(state=TrialState.STOPPED, ended=now())
        if record.state.is_ended():
            scheduler.complete(record)
            return record
        conductor.progress(record)
