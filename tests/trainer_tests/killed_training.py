"""Train to a bundle in processes that are killed, again and again, and print what was wrong in between or at the end.

Run by `test_killed.py` in a process of its own, which imports TensorFlow once, starts nothing of it, and forks the
trainings: half of them die at a random moment, the others at a file: when half of it is written, when it is whole but
not in its place, or when it is. A training that got to its end in spite of that starts over, so that the next process
has something to do.
"""

import hashlib
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras

import datasets.storage.folders
from datasets import Dataset, Folder, freeze_loaded, open_folder
from datasets.storage import whole_files
from trainer import (
    BundleError,
    Member,
    Objective,
    TrainingOptions,
    limit_threads,
    read_manifest,
    train_final,
)

AT_FILES = [("last.npz", "half"), ("best.npz", "whole"), ("model-", "half"), ("bundle.json", "whole"), ("model-", "in")]
"""Names of files, by their beginning, and when each is to be its process's last."""
AT_MOMENTS = 5


def build() -> keras.Model:
    layers = [keras.Input((32, 32, 3)), keras.layers.Conv2D(4, 5, strides=4, activation="relu"), keras.layers.Flatten()]
    model = keras.Sequential([*layers, keras.layers.Dropout(0.3), keras.layers.Dense(5, "softmax")])
    model.compile("adam", "categorical_crossentropy")
    return model


def train(dataset: str, place: Folder) -> None:
    members = [Member("t1", build, TrainingOptions(epochs=4, batch_size=8), {"units": 3}, 4)]
    objective = Objective.parse("val_loss")
    train_final(
        members,
        Dataset.open(dataset),
        objective=objective,
        seed=4,
        work=place.child("work"),
        bundle=place.child("model"),
    )


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_at_file(name: str, when: str) -> None:
    """Have this process killed when it writes a file whose name begins with ``name``."""
    real = whole_files.replace_file

    def replace_file(target: Path, data: bytes) -> None:
        if not target.name.startswith(name):
            real(target, data)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        if when == "in":
            real(target, data)
        elif when == "whole":
            whole_files.write_temporary(target.parent, data)
        else:
            (target.parent / whole_files.temporary_name()).write_bytes(data[: len(data) // 2])
        die()

    datasets.storage.folders.replace_file = replace_file


def die_after(seconds: float) -> None:
    threading.Timer(seconds, die).start()


def in_fork(work: Callable[[], None]) -> bool:
    """Do it in a process of its own and say whether that came to its end; an error of its own ends this process."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return False
    if os.WEXITSTATUS(status):
        sys.exit("a training failed")
    return True


def wrong_bundle(folder: Folder) -> list[str]:
    """Say what is wrong with a bundle that should be whole or absent."""
    if not folder.exists("bundle.json"):
        return []
    try:
        manifest = read_manifest(folder)
    except BundleError as error:
        return [str(error)]
    files = manifest.named_files
    missing = [f"missing: {name}" for name in files if not folder.exists(name)]
    return missing or [
        name for name, digest in files.items() if hashlib.sha256(folder.read(name)).hexdigest() != digest
    ]


def result(place: Folder) -> Any:
    manifest = read_manifest(place.child("model"))
    return manifest.members, manifest.metrics, manifest.temperature


def left_over(place: Folder) -> list[str]:
    assert place.local is not None
    return [path.name for path in place.local.rglob("*") if whole_files.is_temporary(path.name)]


def main() -> None:
    dataset, place = sys.argv[1], open_folder(sys.argv[2])
    undisturbed, killed = place.child("undisturbed"), place.child("killed")
    began = time.monotonic()
    in_fork(lambda: train(dataset, undisturbed))
    took, generator, problems, dead = time.monotonic() - began, random.Random(1), list[str](), set[int]()
    deaths: list[Callable[[], None]] = [lambda at=at: die_at_file(*at) for at in AT_FILES]  # type: ignore[misc]
    at_files = len(deaths)
    deaths += [lambda: die_after(generator.uniform(0, took)) for _ in range(AT_MOMENTS)]
    order = generator.sample(range(len(deaths)), len(deaths))
    # A training that goes on may have no such file left to write: one from the beginning has.
    for number in [each for place in order for each in ([place, place] if place < at_files else [place])]:
        if number in dead:
            continue
        if in_fork(lambda death=deaths[number]: (death(), train(dataset, killed))):  # type: ignore[misc]
            killed.child("work").delete_tree()
        else:
            dead.add(number)
        problems += wrong_bundle(killed.child("model"))
    in_fork(lambda: train(dataset, killed))
    problems += wrong_bundle(killed.child("model")) + left_over(killed)
    if result(killed) != result(undisturbed):
        problems.append(f"expected {result(undisturbed)}, found {result(killed)}")
    print("\n".join([f"{len(dead)} kills", *problems]))  # noqa: T201


if not limit_threads(1):
    sys.exit("TensorFlow had started already")
freeze_loaded()
main()
