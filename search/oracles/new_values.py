"""Any oracle's proposals as configurations of the declared types that nobody has tried."""

import keras_tuner
from keras_tuner.engine.trial import TrialStatus

from search.oracles.keras_tuner_internals import is_tried
from search.oracles.random_search import Response, respond, untried_values
from search.space.declared import active, declared_values, nearest_value
from search.values import Values

# Keras Tuner's Bayesian oracle proposes its optimum again until it learns something; each time it fits a process.
_ASKED = 2


def propose_new_values(oracle: keras_tuner.Oracle) -> None:
    """Let ``oracle`` propose values of the declared types, in range and on the steps, and nothing twice.

    Instead of what has been tried another is asked for once, then drawn at random, until the space is exhausted. Only a
    promotion, whose values hold ``tuner/trial_id``, has the values of another trial.
    """
    propose = oracle.populate_space

    def populate_space(trial_id: str) -> Response:
        for _ in range(_ASKED):
            response: Response = propose(trial_id)
            if response["status"] != TrialStatus.RUNNING:
                return response
            values = _in_range(oracle.hyperparameters, response["values"] or {})
            if "tuner/trial_id" in values or not is_tried(oracle, values):
                return respond(values)
        return respond(untried_values(oracle))

    oracle.populate_space = populate_space


def _in_range(space: keras_tuner.HyperParameters, values: Values) -> Values:
    declared = declared_values(space, values)
    for one in space.space:
        if one.name in declared and active(one, declared):
            declared[one.name] = nearest_value(one, declared[one.name])
    return declared
