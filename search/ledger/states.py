"""What state a search is in: what its driver last said, beside who is alive and what the search is a part of."""

from search.ledger.fit_record import FitRecord
from search.ledger.ledger import Ledger
from search.ledger.records import SearchState, State


def state_now(
    ledger: Ledger, said: State, fit: FitRecord | None, *, is_alive: bool, is_training: bool, is_scored: bool
) -> State:
    """Return the state and why it is that, by what was ``said`` last, and after who was looked at to be alive.

    The search of a ``fit`` says that it has finished before its finalists are trained: where nothing of it runs and
    that has not come to its end, it was stopped by its user, or interrupted. One without a trial that ``is_scored`` has
    nothing to go on with.
    """
    if said.state is SearchState.RUNNING and not is_alive:
        return State(state=SearchState.INTERRUPTED, reason="its process ended without a word")
    is_cut = fit is not None and not fit.is_done and is_scored and not is_alive and not is_training
    if said.state is not SearchState.FINISHED or not is_cut:
        return said
    if ledger.stop_requested():
        return State(state=SearchState.STOPPED)
    return State(state=SearchState.INTERRUPTED, reason="the training of its finalists has not come to its end")
