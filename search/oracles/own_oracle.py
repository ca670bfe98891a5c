"""An oracle of the user's own: what it raises, or returns that is no response, is said as a fault of its code."""

from collections.abc import Mapping

import keras_tuner
from keras_tuner.engine.trial import TrialStatus

from datasets import place_of, place_of_code, placed, unexited
from search.errors import SpaceError
from search.oracles.random_search import Response
from trainer import one_line

_STATUSES = (TrialStatus.RUNNING, TrialStatus.IDLE, TrialStatus.STOPPED)


def name_faults(oracle: keras_tuner.Oracle, reference: str) -> None:
    """Let ``populate_space`` of the oracle that ``reference`` names raise SpaceError, one line, where it goes wrong."""
    propose = oracle.populate_space

    def populate_space(trial_id: str) -> Response:
        try:
            with unexited():
                response: Response = propose(trial_id)
        except Exception as error:  # a user's oracle may raise anything
            fault = f"--oracle {reference}: populate_space raised {one_line(error)}"
            raise SpaceError(placed(fault, place_of(error))) from error
        if not (
            isinstance(response, Mapping)
            and response.get("status") in _STATUSES
            and isinstance(response.get("values"), Mapping | None)
        ):
            fault = (
                f"--oracle {reference}: populate_space must return a dictionary whose status is "
                f"{', '.join(_STATUSES)} and whose values are by name, but returned {response!r}"
            )
            raise SpaceError(placed(fault, place_of_code(propose)))
        return {"status": response["status"], "values": response.get("values")}

    oracle.populate_space = populate_space
