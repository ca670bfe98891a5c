"""An oracle of the user's own: what it raises, or returns that is no response or no state, is a fault of its code."""

import contextlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import keras_tuner
from keras_tuner.engine.trial import TrialStatus

from datasets import place_of, place_of_code, placed, unexited
from search.errors import SpaceError
from search.oracles.random_search import Response
from search.values import JsonObject
from trainer import one_line

_STATUSES = (TrialStatus.RUNNING, TrialStatus.IDLE, TrialStatus.STOPPED)
_OF_EVERY_STATE = ("start_order", "end_order")


def name_faults(oracle: keras_tuner.Oracle, reference: str) -> None:
    """Let the methods of the oracle that ``reference`` names raise SpaceError, one line, where they go wrong.

    Those that a user may write: what proposes, what is told of trials and of the space, what gives and takes a state.
    """
    for told in ("end_trial", "update_space", "set_state"):
        setattr(oracle, told, _named(oracle, told, reference))
    propose, give = (_named(oracle, method, reference) for method in ("populate_space", "get_state"))
    places = {method: place_of_code(getattr(oracle, method)) for method in ("populate_space", "get_state")}

    def fault(method: str, text: str) -> SpaceError:
        place = places[method] or place_of_code(type(oracle))
        return SpaceError(placed(f"--oracle {reference}: {method} must return {text}", place))

    def populate_space(trial_id: str) -> Response:
        response = propose(trial_id)
        if not (
            isinstance(response, Mapping)
            and response.get("status") in _STATUSES
            and isinstance(response.get("values"), Mapping | None)
        ):
            raise fault(
                "populate_space",
                f"a dictionary whose status is {', '.join(_STATUSES)} and whose values are by name, but returned "
                f"{response!r}",
            )
        return {"status": response["status"], "values": response.get("values")}

    def get_state() -> JsonObject:
        state = give()
        lacking = [key for key in _OF_EVERY_STATE if not isinstance(state, dict) or key not in state]
        if lacking:
            raise fault("get_state", f"all that super().get_state() does, and more, but lacks {' and '.join(lacking)}")
        for key, value in state.items():
            try:
                json.dumps({key: value})
            except (TypeError, ValueError, RecursionError) as error:
                raise fault(
                    "get_state",
                    f"numbers, text, lists and dictionaries, as JSON takes them, but under {key!r}: {one_line(error)}",
                ) from error
        return dict(state)

    oracle.populate_space, oracle.get_state = populate_space, get_state


def refuse_unkept_state(oracle: keras_tuner.Oracle) -> None:
    """Raise SpaceError for an oracle whose state cannot be kept, before any trial is suggested.

    One that has no state yet, and raises for that, may have one when it has proposed.
    """
    with contextlib.suppress(_RaisedError):
        oracle.get_state()


class _RaisedError(SpaceError):
    """A user's method has raised."""


def _named(oracle: keras_tuner.Oracle, method: str, reference: str) -> Callable[..., Any]:
    """Return a method of the oracle that raises SpaceError, with its name and where in the user's code it stood."""
    call = getattr(oracle, method)

    def named(*arguments: object, **options: object) -> Any:
        try:
            with unexited():
                return call(*arguments, **options)
        except SpaceError:  # of one that it has called
            raise
        except Exception as error:  # a user's oracle may raise anything
            fault = f"--oracle {reference}: {method} raised {one_line(error)}"
            raise _RaisedError(placed(fault, place_of(error))) from error

    return named
