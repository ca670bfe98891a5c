"""Memory that others use, or that is not there."""

import sys
import time

from benchmarks.strangers.judging import Done, Verdict, completed, infeasible, unmeasured, worked, wrong
from benchmarks.strangers.place import Place
from benchmarks.strangers.situation import Situation
from benchmarks.strangers.version import REPOSITORY

from cluster.nodes.memory import NodeMemory

_GIB = 2**30
_HELD_SECONDS = 12.0
_LAST = "runs/first/*/*/last.npz"


def threshold(left: float) -> dict[str, str]:
    """Let Ray end workers as soon as ``left`` GiB more than now are used. Raises OSError where that is unknown."""
    memory = NodeMemory.now()
    if memory is None:
        raise OSError("the system does not say what memory is used")
    return {"RAY_memory_usage_threshold": f"{(memory.used + left * _GIB) / memory.limit:.4f}"}


def _beside(place: Place, *command: str) -> Done | None:
    """Run a command whose workers Ray ends once one has a checkpoint; None where it ended none."""
    limit = threshold(4)
    running = place.start(*command, "--json", **limit)
    if not place.wait_for(_LAST, 60):
        return running.wait(60)
    before = set(place.workers())
    path = {"PYTHONPATH": f"{REPOSITORY / 'tests'}:{REPOSITORY}"}
    hog = place.start_program([sys.executable, "-m", "benchmarks.durability.hog"], **limit, **path)
    time.sleep(_HELD_SECONDS)
    after = set(place.workers())
    hog.wait(0)
    done = running.wait(150)
    return done if before - after else None


def search(place: Place) -> Verdict:
    """Search beside a program that takes the memory for some seconds."""
    options = ["--hypermodel", "my_space:slow", "--trials", "2", "--epochs", "15", "--scheduler", "none"]
    done = _beside(place, "search", "d", "--name", "first", *options)
    return unmeasured("no worker was ended") if done is None else completed(done, 2)


def train(place: Place) -> Verdict:
    """Train a winner from two beginnings beside such a program."""
    place.search("slow", "--trials", "1")
    done = _beside(place, "train", "first", "--seeds", "2", "--epochs", "15")
    return unmeasured("no worker was ended") if done is None else worked(done)


def crowded(place: Place) -> Verdict:
    """Ask for more trials at once than the free memory carries."""
    options = ["--trials", "3", "--concurrency", "3", "--epochs", "2"]
    done = place.search("hoarding", *options, address="local", **threshold(3.5))
    verdict = completed(done, 3)
    return verdict if done.status != 0 or "memory" in done.err else wrong("says nothing of the memory")


def enormous(place: Place) -> Verdict:
    """Meet a configuration that no machine can allocate."""
    (place.folder / "point.json").write_text('[{"units": 34359738368}, {"units": 8}]')
    return infeasible(place.search("enormous", "--try", "point.json"), {"0000": "memory"}, best="0001")


_KIND = "Memory"
SITUATIONS = (
    Situation(_KIND, "another program takes the memory for 12 s, `search`", search),
    Situation(_KIND, "another program takes the memory for 12 s, `train --seeds 2`", train),
    Situation(_KIND, "three trials at once, memory for one or two", crowded),
    Situation(_KIND, "a configuration that no machine can allocate", enormous),
)
