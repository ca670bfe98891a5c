"""The images that curves are recorded on: 2,000 or fewer to train on, a ninth as many to validate on, 4,500 others.

Real galaxies are those of draws that no contest tests on, see `benchmarks.accuracy.contest.draws`: those trained and
validated on are set aside for this alone.
"""

import shutil
import subprocess
import zipfile
from pathlib import Path

from benchmarks.accuracy.contest.draws import GALAXY, dealt, different

from datasets import render_sample

SAMPLE = "sample"
TRUTH = 4_500
"""Images that the truth is of."""
_VALIDATION = "0.1"
_OF_DRAWS, _TRUTH_OF_DRAWS = ("2000-5", "500-10"), tuple(f"500-{number}" for number in range(1, 10))
_SEED = 1


def import_images(source: str, dataset: Path, *, image_size: int, trained: int, truth: int = TRUTH) -> None:
    """Import what is recorded on, unless it is there: ``source`` is a zip of class folders, or SAMPLE.

    ``trained`` images are trained and validated on, fewer being the first of more, and ``truth`` are for the truth.
    """
    if (dataset / "dataset.json").exists():
        return
    pictures = dataset.with_name(f"{dataset.name}-images")
    shutil.rmtree(pictures, ignore_errors=True)
    (_render if source == SAMPLE else _extract)(source, pictures, trained, truth)
    # `test` is given by its folder; of the others a tenth is drawn to validate on, and so are further divisions.
    splits = ["--split-folders", "train=train,test=test", "--validation", _VALIDATION, "--test", "0"]
    command = [GALAXY, "import", str(pictures), str(dataset), "--image-size", str(image_size), *splits]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(pictures)


def _extract(source: str, pictures: Path, trained: int, truth: int) -> None:
    with zipfile.ZipFile(source) as archive:
        hands = dealt(different(archive), _SEED)
        for split, draws, count in (("train", _OF_DRAWS, trained), ("test", _TRUTH_OF_DRAWS, truth)):
            for name in [name for draw in draws for name in hands[draw]][:count]:
                target = pictures / split / Path(name).parent.name / Path(name).name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.read(name))


def _render(_source: str, pictures: Path, trained: int, truth: int) -> None:
    """Render the sample twice with other seeds, so that both parts have the classes in the same shares."""
    for split, count, seed in (("train", trained, 1), ("test", truth, 2)):
        render_sample(pictures / split, count=count, seed=seed)
