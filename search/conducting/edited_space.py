"""A space that was edited since its search was last driven: found out, refused or accepted.

Once it is accepted, proposals follow the new space. Trials suggested before stand as they are; an oracle knows those of
their values that lie in the new space, with the default for what they lack, and learns nothing from a trial of which
one value lies outside.
"""

import logging
from collections.abc import Mapping, Sequence

import keras_tuner

from datasets import few
from search.errors import SpaceError
from search.ledger.known_space import KnownSpace
from search.ledger.ledger import Ledger
from search.ledger.records import Suggestion
from search.options import OPTION_NAMES
from search.space.discovery import as_json, as_space, build_once, discover
from search.space.edits import Edits, missing
from search.space.points import Point, fitted, reached

# Not each of the trials had the values of the branch in question: a few are enough to meet what is still there.
_MOST_BUILDS = 20
_log = logging.getLogger(__name__)


def find_again(ledger: Ledger, hypermodel: keras_tuner.HyperModel, space: keras_tuner.HyperParameters) -> None:
    """Add to ``space`` what only trials have discovered, where ``hypermodel`` still declares it with their values.

    Those first that met a hyperparameter when it was not known, as they had values of its branch.
    """
    known = ledger.space()
    if known is None:
        return
    names = missing(known.hyperparameters, as_json(space))
    if not names:
        return
    suggested = {suggestion.trial_id: suggestion.hyperparameters for suggestion in ledger.suggestions()}
    candidates = [
        (record.hyperparameters, record.hyperparameters.keys() - suggested.get(record.trial_id, {}).keys())
        for record in ledger.records(history=False)
        # What a trial met that has not reported yet is not in its record.
        if names & record.hyperparameters.keys() or not record.state.is_ended()
    ]
    candidates.sort(key=lambda one: not names & one[1])
    for values, _ in candidates[:_MOST_BUILDS]:
        if not missing(known.hyperparameters, as_json(space)):
            return
        build_once(hypermodel, space, values)


def check_space(ledger: Ledger, oracle: keras_tuner.Oracle) -> None:
    """Raise SpaceError, one line, if the space of ``oracle``, just made, was edited: more than new names came in."""
    known = ledger.space()
    changed = () if known is None else Edits.between(known.hyperparameters, as_json(oracle.hyperparameters)).changed
    if changed:
        raise SpaceError(
            f"the space was edited since the search was started: {'; '.join(changed)}: undo that, "
            "or go on in the space as it is now with --accept-space"
        )


def check_values(ledger: Ledger, hypermodel: keras_tuner.HyperModel, wanted: Mapping[str, Point], *, seed: int) -> None:
    """Raise SpaceError, one line, if ``hypermodel`` has no hyperparameter for a value of a trial ``wanted``, by its id.

    A build would not ask for that value, and take the default of what the hyperparameter is called now, say; whatever
    then names the values of the network would name that one. Ranges do not matter: a build takes any value.
    """
    space = discover(hypermodel, seed=seed)
    find_again(ledger, hypermodel, space)
    for trial_id, values in wanted.items():
        build_once(hypermodel, space, values)  # what only values of its branch declare
        lost = values.keys() - reached(space, values) - OPTION_NAMES
        if lost:
            raise SpaceError(
                f"the space was edited since trial {trial_id} was tried, and has no hyperparameter for what it had as "
                f"{few(sorted(lost))}: what is built now is another network: undo the edit"
            )


def current_space(
    known: KnownSpace | None, space: keras_tuner.HyperParameters, suggestions: Sequence[Suggestion], *, accept: bool
) -> KnownSpace:
    """Return what the ledger is to know: what it knows and what is new in ``space``. Says what has changed.

    Or ``space`` alone, if that was edited and is to be accepted: ``suggestions``, all so far, are of an earlier one.
    """
    now = as_json(space)
    if known is None:
        return KnownSpace(hyperparameters=now)
    edits = Edits.between(known.hyperparameters, now)
    if edits.added:
        _log.warning("New in the space: %s. Earlier trials count as ones with the default.", few(edits.added))
    if edits.changed and accept:
        outside = sum(fitted(space, suggestion.hyperparameters) is None for suggestion in suggestions)
        _log.warning("Space accepted as it is now: %s.", "; ".join(edits.changed))
        if outside:
            _log.warning(
                "%d of %d trials so far lie outside of it: the oracle learns nothing from them. They rank as they did; "
                "what is unfinished goes on as it was suggested.",
                outside,
                len(suggestions),
            )
        return KnownSpace(hyperparameters=now, earlier=tuple(suggestion.trial_id for suggestion in suggestions))
    if not edits.added:
        return known
    joined = as_space(known.hyperparameters)
    joined.merge(space, overwrite=False)
    return known.model_copy(update={"hyperparameters": as_json(joined)})
