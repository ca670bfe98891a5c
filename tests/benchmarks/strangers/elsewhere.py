"""Where else a search or an oracle may be used: a notebook, a tuner of Keras Tuner's."""

from functools import partial

from benchmarks.strangers.judging import Verdict, right, worked, wrong
from benchmarks.strangers.place import Place
from benchmarks.strangers.situation import Situation

_CELL = """
import asyncio
import keras
import keras_tuner
from cluster import resume_search, run_search
from search import SearchSettings

def build(hp):
    layers = [keras.Input((16, 16, 3)), keras.layers.Flatten(), keras.layers.Dense(hp.Int("units", 2, 40))]
    model = keras.Sequential([*layers, keras.layers.Dense(2, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model

class Mine(keras_tuner.HyperModel):
    def build(self, hp):
        return build(hp)

settings = SearchSettings(name="first", trials=2, epochs=1, oracle="random", scheduler="none")
space = {space}

async def cell():
    return run_search("d", settings, hypermodel=space, address={address!r})

view = asyncio.run(cell())
states = [(row.state.value, row.reason) for row in view.rows]
assert states == [("completed", None)] * 2, states
more = resume_search("first", trials=3, hypermodel=space, address={address!r})
print(f"{{len(more.rows)}} trials, resumed once")
"""
_FORGOTTEN = """
try:
    resume_search("first", trials=4, address="in-process")
except Exception as error:
    print(f"{type(error).__name__}: {error}")
"""
_TUNER = """
import keras
import keras_tuner
import numpy as np
import search
from trainer import Objective

def build(hp):
    units = hp.Int("units", 2, 8, step=2, sampling="log")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(units), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(hp.Float("rate", 1e-3, 1e-1, sampling="log")), "mse")
    return model

for name in ("TPEOracle", "BayesianOracle", "RandomOracle", "GridOracle", "HyperbandOracle"):
    budget = {"max_epochs": 2} if name == "HyperbandOracle" else {"max_trials": 4}
    oracle = getattr(search, name)(objective=keras_tuner.Objective("loss", "min"), seed=1, **budget)
    tuner = keras_tuner.Tuner(oracle, build, directory="tuned", project_name=name)
    tuner.search(np.ones((8, 4), "float32"), np.ones((8, 1), "float32"), epochs=1, verbose=0)
    failed = [trial.message for trial in oracle.trials.values() if trial.status != "COMPLETED"]
    assert not failed, (name, failed[0].splitlines()[-1])
"""


def notebook(place: Place, *, space: str, address: str) -> Verdict:
    """Search a space that was typed, in a running event loop, and resume."""
    done = place.typed(_CELL.format(space=space, address=address))
    return worked(done, done.answer)


def forgotten(place: Place) -> Verdict:
    """Resume such a search without the space: it was never stored, so it is asked for."""
    done = place.typed(_CELL.format(space="build", address="in-process") + _FORGOTTEN)
    if done.status != 0 or done.shows_traceback:
        return done.failed()
    return right(done.answer) if "hypermodel=" in done.answer else wrong(done.answer)


def tuner(place: Place) -> Verdict:
    """Give each of our oracles to a tuner of Keras Tuner's."""
    return worked(place.python(_TUNER), "5 oracles")


_NOTEBOOK, _TUNERS = "A notebook", "Keras Tuner's own tuner"
SITUATIONS = (
    Situation(_NOTEBOOK, "a `build` typed there, in-process", partial(notebook, space="build", address="in-process")),
    Situation(_NOTEBOOK, "a `build` typed there, on Ray", partial(notebook, space="build", address="local")),
    Situation(_NOTEBOOK, "a HyperModel typed there, on Ray", partial(notebook, space="Mine()", address="local")),
    Situation(_NOTEBOOK, "a `build` typed there, resumed without it", forgotten),
    Situation(_TUNERS, "each of our oracles in `keras_tuner.Tuner`", tuner),
)
