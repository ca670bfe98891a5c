"""Any oracle's proposals as configurations of the declared types that nobody has tried."""

import keras_tuner
from keras_tuner.engine.trial import TrialStatus

from search.errors import SettingsError, SpaceError
from search.oracles.keras_tuner_internals import NOTES, PARENT, is_tried
from search.oracles.random_search import Response, respond, untried_values
from search.space.declared import active, declared_values, nearest_value
from search.space.points import completed
from search.values import Values

# Keras Tuner's Bayesian oracle proposes its optimum again until it learns something; each time it fits a process.
_ASKED = 2


def propose_new_values(oracle: keras_tuner.Oracle) -> None:
    """Let ``oracle`` propose values of the declared types, in range and on the steps, and nothing twice.

    What it leaves out has its default. Instead of what has been tried another is asked for once, then drawn at random,
    until the space is exhausted, to train as long as the proposal was to. Only a promotion, whose values hold
    ``tuner/trial_id``, has the values of another trial. Where it proposes what is no value it raises SpaceError.
    """
    propose = oracle.populate_space

    def populate_space(trial_id: str) -> Response:
        values: Values = {}
        for _ in range(_ASKED):
            response: Response = propose(trial_id)
            if response["status"] != TrialStatus.RUNNING:
                return response
            values = _in_space(oracle.hyperparameters, response["values"] or {})
            if PARENT in values or not is_tried(oracle, values):
                return respond(values)
        notes = {name: value for name, value in values.items() if name.startswith(NOTES)}
        drawn = untried_values(oracle)
        return respond(None if drawn is None else drawn | notes)

    oracle.populate_space = populate_space


def _in_space(space: keras_tuner.HyperParameters, values: Values) -> Values:
    declared = declared_values(space, values)
    for one in space.space:
        if one.name in declared and active(one, declared):
            declared[one.name] = nearest_value(one, declared[one.name])
    known = {one.name for one in space.space}
    own = {name: value for name, value in declared.items() if name not in known}
    try:
        return completed(space, declared) | own
    except SettingsError as error:
        raise SpaceError(f"the oracle proposes what is no value of the space: {error}") from error
