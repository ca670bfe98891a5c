"""Kill a search at random moments, resume it until it is done, and compare its ledger with what the workers really ran.

    python tests/benchmarks/durability/kills.py --kills 25 --trials 30

Each kill is SIGKILL, by turns of the driver alone, of the driver and all of Ray at once (as when the machine goes
down), and of one worker. The network writes a line to a file of its own whenever it starts to train or to validate an
epoch. Lost: a trial without a record, or with more than one. Repeated: an epoch trained after the trial's record, or a
trial that goes back by more than the epoch that was cut off.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from PIL import Image

from datasets import ImportOptions, import_dataset
from search import Record, read_search

GALAXY = str(Path(sys.executable).with_name("galaxy"))
EPOCHS = 3
_MODEL = '''
import os
import time
from pathlib import Path
import keras

RAN = Path(__file__).with_name("ran.txt")

@keras.saving.register_keras_serializable("kills")
class Noting(keras.Sequential):
    """Notes each start of an epoch's training or validation: the trial, its step, and when."""
    units = 0
    def reset_metrics(self):
        super().reset_metrics()
        step = int(self.optimizer.iterations.numpy()) if getattr(self, "optimizer", None) else 0
        with RAN.open("a") as file:
            file.write(f"{self.units} {step} {time.time()}\\n")
        time.sleep(0.25)

def build(hp):
    units = hp.Int("units", 2, 2000)
    hp.Choice("batch_size", [16])
    model = Noting([
        keras.layers.Input((16, 16, 3)),
        keras.layers.AveragePooling2D(4),
        keras.layers.Flatten(),
        keras.layers.Dense(1 + units % 7),
        keras.layers.Dense(2, activation="softmax"),
    ])
    model.units = units
    model.compile("adam", "sparse_categorical_crossentropy")
    return model
'''


@dataclass(frozen=True)
class Outcome:
    """What the ledger and the workers' file say once the search has finished."""

    kills: Counter[str]
    runs: int
    trials: int
    lost: list[str]
    repeated: list[str]


def run(folder: Path, *, kills: int, trials: int, seed: int) -> Outcome:
    """Search in ``folder`` (empty), killed ``kills`` times; each moment is drawn with ``seed``."""
    _prepare(folder)
    chance, done, runs = random.Random(seed), Counter[str](), 0
    command = [
        "search",
        "d",
        "--name",
        "kills",
        "--trials",
        str(trials),
        "--epochs",
        str(EPOCHS),
        "--scheduler",
        "none",
    ]
    command += ["--concurrency", "2", "--hypermodel", "noting:build"]
    while True:
        runs += 1
        process = _start(folder, command)
        claimed = _killed(process, folder, chance, done) if done.total() < kills else _waited(process)
        if process.returncode == 0:
            break
        command = ["resume", "kills"] if claimed else command
    return _compare(folder, done, runs)


def _prepare(folder: Path) -> None:
    (folder / "noting.py").write_text(_MODEL)
    pixels = np.random.default_rng(1)
    for label, name in enumerate(("dark", "bright")):
        (folder / "s" / name).mkdir(parents=True)
        for number in range(60):
            image = pixels.integers(90 * label, 90 * label + 120, (16, 16, 3)).astype(np.uint8)
            Image.fromarray(image).save(folder / "s" / name / f"{number}.png")
    import_dataset(folder / "s", folder / "d", ImportOptions(image_size=16, validation=0.2, test=0.2))


def _start(folder: Path, command: list[str]) -> subprocess.Popen[bytes]:
    with (folder / "log.txt").open("ab") as log:
        return subprocess.Popen([GALAXY, *command], cwd=folder, stdout=log, stderr=log, start_new_session=True)


def _killed(process: subprocess.Popen[bytes], folder: Path, chance: random.Random, done: Counter[str]) -> bool:
    """Wait until some more epochs have run, then kill; whether the search had its name by then."""
    how = ("driver", "machine", "worker")[done.total() % 3]
    goal = _lines(folder) + chance.randint(1, 14)
    while process.poll() is None and _lines(folder) < goal:
        time.sleep(0.05)
    time.sleep(chance.random() / 2)
    if process.poll() is None:
        done[how] += 1
        family = _descendants(process.pid)
        workers = [pid for pid in family if _name(pid).startswith("ray::ResourceTrainable")]
        doomed = {"driver": [process.pid], "machine": [process.pid, *family], "worker": workers[:1]}[how]
        for pid in doomed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if how == "worker":
            return _killed_later(process, folder, chance, done)
    process.wait()
    return (folder / "runs" / "kills" / "specification.json").exists()


def _killed_later(process: subprocess.Popen[bytes], folder: Path, chance: random.Random, done: Counter[str]) -> bool:
    """Let the driver replace the worker it lost, and go on with the next kill in the same run."""
    goal = _lines(folder) + chance.randint(4, 14)
    while process.poll() is None and _lines(folder) < goal:
        time.sleep(0.05)
    if process.poll() is None:
        done["driver"] += 1
        process.kill()
    process.wait()
    return True


def _waited(process: subprocess.Popen[bytes]) -> bool:
    process.wait()
    return True


def _lines(folder: Path) -> int:
    ran = folder / "ran.txt"
    return len(ran.read_bytes().splitlines()) if ran.exists() else 0


def _descendants(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for child in map(int, task.read_text().split()):
                found += [child, *_descendants(child)]
    return found


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _compare(folder: Path, kills: Counter[str], runs: int) -> Outcome:
    view = read_search(str(folder / "runs"), "kills")
    records = {int(row.hyperparameters["units"]): row for row in view.rows}
    lost = [row.trial_id for row in view.rows if not row.state.is_ended() or len(row.history["val_loss"]) != EPOCHS]
    lost += [f"{view.specification.settings.trials - len(view.rows)} trials"] * (
        len(view.rows) != view.specification.settings.trials
    )
    lines = [line.split() for line in (folder / "ran.txt").read_text().splitlines()]
    starts: dict[int, list[tuple[int, float]]] = {}
    for units, step, when in lines:
        starts.setdefault(int(units), []).append((int(step), float(when)))
    repeated = [record.trial_id for units, record in records.items() if _is_repeated(record, starts.get(units, []))]
    return Outcome(kills, runs, len(view.rows), lost, repeated)


def _is_repeated(record: Record, starts: list[tuple[int, float]]) -> bool:
    """Whether the trial ran after its record, or went back by more than the epoch that was cut off."""
    steps_per_epoch = max((step for step, _ in starts), default=0) // EPOCHS
    if record.ended is None or steps_per_epoch == 0:
        return True
    ended = datetime.fromisoformat(record.ended).timestamp()
    furthest = 0
    for step, when in starts:
        # Building a model, before its checkpoint is loaded, notes step 0: it trains nothing.
        if step == 0 and furthest > 0:
            continue
        if when > ended + 0.05 or step < furthest - steps_per_epoch:
            return True
        furthest = max(furthest, step)
    return False


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        outcome = run(Path(folder), kills=given.kills, trials=given.trials, seed=given.seed)
    sys.stdout.write(json.dumps({**vars(outcome), "kills": dict(outcome.kills)}, indent=2) + "\n")
    raise SystemExit(bool(outcome.lost or outcome.repeated))


if __name__ == "__main__":
    main()
