"""What a contestant has found so far, read from the files that it keeps anyway: its best network, epochs, trials."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from zipfile import BadZipFile

import numpy as np
from benchmarks.peers.jobs import GALAXY, RAY_TUNE, SAME, USER_SCORE, Job

ABOUT = "about.json"
_KEPT = {"trainer": ("best.npz",), "keras-tuner": ("checkpoint.weights.h5", "build_config.json")}
"""Files of a kind; of another all are kept."""
Epochs = dict[str, int]
"""Training → epochs that it has, which it keeps."""


@dataclass(frozen=True)
class Best:
    """The best network so far.

    Attributes:
        kind: What is in ``folder``: see `benchmarks.peers.scoring`.
        mark: Another one has another mark.
        score: On the contestant's validation images; None where it does not say.
        folder: Where it is.
        values: What it was built of, where it is to be built again.
    """

    kind: str
    mark: str
    score: float | None
    folder: Path
    values: dict[str, Any] | None = None

    def copy(self, target: Path) -> None:
        """Copy it. Raises OSError where it has been replaced meanwhile."""
        shutil.rmtree(target, ignore_errors=True)
        names = _KEPT.get(self.kind) or tuple(one.name for one in self.folder.iterdir())
        target.mkdir(parents=True)
        for name in names:
            each = self.folder / name
            (shutil.copytree if each.is_dir() else shutil.copyfile)(each, target / name)
        (target / ABOUT).write_text(json.dumps({"kind": self.kind, "values": self.values}))


class Observer(Protocol):
    """Reads the folder of a search while it runs; what is half written is read the next time."""

    def best(self) -> Best | None:
        """Return the best network that its user could have now; None before the first."""

    def epochs(self) -> Epochs:
        """Return what is trained, as far as it is seen here; see `contestants.noting` for the others."""

    def begins(self, name: str) -> int:
        """Return the epoch from which a training goes on that another one has begun."""

    def trials(self) -> set[str]:
        """Return the trials that are known with a result."""


def observer(job: Job, folder: Path) -> Observer:
    """Return who observes the search of ``job`` below ``folder``."""
    if job.mode == SAME:
        return TrainerFolders(folder / ("search/checkpoints" if job.contestant == GALAXY else "trainings"))
    if job.contestant == GALAXY:
        return FitFolder(folder / "fit")
    return RayFolder(folder / "tune") if job.contestant == RAY_TUNE else KerasTunerFolder(folder / "tuner")


class TrainerFolders:
    """Trainings of `trainer.TrainingRun`, each in a folder of its own; a beginning's is one of its length in that."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[Path, tuple[int, dict[str, Any]]] = {}

    def best(self) -> Best | None:
        found = []
        for file, about in self._checkpoints("best.npz"):
            name = about["objective"].partition(":")[0]
            found.append((max(about["history"][name]), about["epoch"], file.parent))
        if not found:
            return None
        score, epoch, folder = max(found, key=lambda one: one[0])
        values = _values_of(folder)
        return None if values is None else Best("trainer", f"{folder.name} {epoch}", score, folder, values)

    def epochs(self) -> Epochs:
        # `last` goes where nobody can need it any more.
        kept = [one for name in ("best.npz", "last.npz") for one in self._checkpoints(name)]
        return {self.name_of(file): about["epoch"] for file, about in kept}

    def begins(self, name: str) -> int:
        values = _values_of(self._root / name)
        return 0 if values is None else values.get("tuner/initial_epoch", 0)

    def trials(self) -> set[str]:
        return {self.name_of(file) for file, _ in self._checkpoints("best.npz")}

    def name_of(self, file: Path) -> str:
        """Return the name of the training that has left a file."""
        return file.relative_to(self._root).parts[0]

    def files(self, name: str) -> list[Path]:
        """Return the files of a name that trainings have left."""
        return [*self._root.glob(f"*/{name}"), *self._root.glob(f"*/*-epochs/{name}")]

    def _checkpoints(self, name: str) -> Iterator[tuple[Path, dict[str, Any]]]:
        """Yield the checkpoints of a name, and what each says of itself."""
        for file in self.files(name):
            try:
                changed = file.stat().st_mtime_ns
                if self._known.get(file, (0, {}))[0] != changed:
                    with np.load(file) as arrays:
                        self._known[file] = changed, json.loads(str(arrays["about"]))
            except (OSError, ValueError, KeyError, EOFError, BadZipFile):
                continue
            yield file, self._known[file][1]


def _values_of(folder: Path) -> dict[str, Any] | None:
    """Return the values of a training: of a peer's beside it, of ours among the suggestions."""
    of_peer, of_ours = folder / "values.json", folder.parents[1] / "suggestions" / f"{folder.name}.json"
    if of_peer.exists():
        return json.loads(of_peer.read_text())
    return json.loads(of_ours.read_text())["values"] if of_ours.exists() else None


class FitFolder:
    """`galaxy fit`: a bundle, which a better one replaces; its trials and the beginnings of its finalists."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._trainings = [TrainerFolders(root / name) for name in ("checkpoints", "training")]

    def best(self) -> Best | None:
        try:
            changed = (self._root / "model" / "bundle.json").stat().st_mtime_ns
        except FileNotFoundError:
            return None
        return Best("bundle", str(changed), None, self._root / "model")

    def epochs(self) -> Epochs:
        return {name: epoch for one in self._trainings for name, epoch in one.epochs().items()}

    def begins(self, name: str) -> int:
        return 0

    def trials(self) -> set[str]:
        # A beginning that has ended keeps its answers alone.
        finals = self._trainings[-1]
        ended = {finals.name_of(file) for file in finals.files("answers.npz")}
        return ended.union(*(one.trials() for one in self._trainings))


class KerasTunerFolder:
    """Keras Tuner's project: a folder a trial; its best models are those of trials that are complete."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def best(self) -> Best | None:
        found = max(self._complete(), key=lambda one: one[1]["score"], default=None)
        if found is None:
            return None
        folder, trial = found
        return Best("keras-tuner", folder.name, trial["score"], folder, trial["hyperparameters"]["values"])

    def epochs(self) -> Epochs:
        return {}

    def begins(self, name: str) -> int:
        return 0

    def trials(self) -> set[str]:
        return {folder.name for folder, _ in self._complete()}

    def _complete(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        for file in self._root.glob("trial_*/trial.json"):
            try:
                trial = json.loads(file.read_text())
            except (OSError, ValueError):
                continue
            if trial["status"] == "COMPLETED" and trial["score"] is not None:
                yield file.parent, trial


class RayFolder:
    """Ray Tune's experiment: of each trial all results, and a checkpoint of each."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def best(self) -> Best | None:
        found = max(
            (
                (row[USER_SCORE], folder / row["checkpoint_dir_name"])
                for folder, rows in self._results()
                for row in rows
                if row.get("checkpoint_dir_name") and (folder / row["checkpoint_dir_name"] / "model.keras").exists()
            ),
            key=lambda one: one[0],
            default=None,
        )
        return None if found is None else Best("ray-tune", "/".join(found[1].parts[-2:]), *found)

    def epochs(self) -> Epochs:
        return {}

    def begins(self, name: str) -> int:
        return 0

    def trials(self) -> set[str]:
        """Return those of the experiment's newest state that have a result: a lost one has results alone."""
        with_results = {rows[-1]["trial_id"] for _, rows in self._results() if rows}
        states = sorted(self._root.glob("experiment_state-*.json"))
        if not states:
            return set()
        try:
            known = json.loads(states[-1].read_text())["trial_data"]
        except (OSError, ValueError):
            return set()
        return with_results & {json.loads(trial)["trial_id"] for trial, _ in known}

    def _results(self) -> Iterator[tuple[Path, list[dict[str, Any]]]]:
        for file in self._root.glob("*/result.json"):
            lines = file.read_text().splitlines()
            try:
                yield file.parent, [json.loads(line) for line in lines]
            except ValueError:
                continue
