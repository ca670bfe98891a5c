"""Running a search's trials one after another in this process: for breakpoints, and where Ray is not wanted.

Same conductor, same trials, same schedulers as on Ray.
"""

from cluster.driving.scheduling import Rungs
from cluster.workers.results import as_result
from cluster.workers.trial import TrialSession
from search import Conductor, Record, SearchLayout, Suggestion, TrialState, now
from trainer import limit_threads


def run_in_process(conductor: Conductor, layout: SearchLayout) -> None:
    """Run every trial that ``conductor`` suggests; return when it has no more."""
    limit_threads(conductor.specification.settings.cpus_per_trial)
    rungs = Rungs(conductor.specification, conductor.records())
    while isinstance(suggestion := conductor.suggest(), Suggestion):
        conductor.end(_train(suggestion, conductor, rungs, layout))


def _train(suggestion: Suggestion, conductor: Conductor, rungs: Rungs, layout: SearchLayout) -> Record:
    session = TrialSession(layout.root.uri, suggestion.trial_id)
    rungs.add(suggestion.trial_id)
    while True:
        record = session.step()
        conductor.update_space(session.declared)
        if not record.state.is_ended() and rungs.stops(record.trial_id, as_result(record)):
            record = record.but(state=TrialState.STOPPED, ended=now())
        if record.state.is_ended():
            rungs.complete(record.trial_id, as_result(record))
            return record
        conductor.progress(record)
