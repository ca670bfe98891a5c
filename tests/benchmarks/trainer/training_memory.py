"""Peak memory of a training process with 2,000 and with 20,000 galaxies, for the same number of steps.

    python tests/benchmarks/trainer/training_memory.py [--small 2000] [--large 20000]

The datasets are drawn with replacement from a rendered sample at 64×64. Each is trained on by a fresh process with one
thread: a small plain network of the built-in space, an epoch of the large dataset, as many steps of the small one, both
with augmentation, validation, scores and checkpoints. Private memory is what is in no file (``Anonymous`` of
/proc/self/smaps_rollup), looked at after each batch; the resident peak (``VmHWM``) counts pages of the dataset's
mapped files too, which trials share and which go whenever others need room.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from common import rendered_dataset

from datasets import Augmentation, Dataset

sys.path.append(str(Path(__file__).parents[1] / "datasets"))
MIB = 2**20
NETWORK = {"network": "plain", "filters": 16, "blocks": 3}


def train(place: Path, steps: int) -> dict[str, float]:
    """Train whole epochs of at least so many steps; return the steps and the peaks in bytes."""
    from measuring import memory
    from training_speed import EPOCHS, trial

    from trainer import TrainingOptions, limit_threads

    limit_threads(1)
    options = TrainingOptions(epochs=EPOCHS, augmentation=Augmentation.of_strength(0.5), precision="auto")
    peak, done = 0, 0

    def look(_batch: int, _total: int | None) -> None:
        nonlocal peak
        peak = max(peak, memory("Anonymous"))

    with tempfile.TemporaryDirectory() as folder:
        run = trial(Dataset.open(place), NETWORK, options, Path(folder))
        while done < steps:
            run.step(look)
            done += len(run._training)
    status = Path("/proc/self/status").read_text().splitlines()
    resident = next(1024 * int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    return {"steps": done, "private": peak, "resident": resident}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", type=int, default=2_000)
    parser.add_argument("--large", type=int, default=20_000)
    parser.add_argument("--train", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--steps", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.train is not None:
        sys.stdout.write(json.dumps(train(options.train, options.steps)))
        return
    from opening_speed import generate

    steps = int(0.8 * options.large) // 64
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sample = Dataset.open(rendered_dataset(folder, 500))
        peaks = []
        for rows in (options.small, options.large):
            place = generate(folder / str(rows), sample, rows)
            command = [sys.executable, __file__, "--train", str(place), "--steps", str(steps)]
            found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            peaks.append(found["private"])
            sys.stdout.write(
                f"{rows:,} galaxies ({rows * 3 * 64 * 64 / MIB:.0f} MiB of pixels), {found['steps']} steps: peak "
                f"{found['private'] / MIB:.0f} MiB private, {found['resident'] / MIB:.0f} MiB resident\n"
            )
            sys.stdout.flush()
    sys.stdout.write(f"private: {peaks[1] / peaks[0]:.3f} times, {(peaks[1] - peaks[0]) / MIB:+.1f} MiB\n")


if __name__ == "__main__":
    main()
