"""What `galaxy import`'s advice is worth on images of another look: the space's defaults without and with it.

Of real galaxies grey images are made as other surveys have them: an object that fills a small part of a large frame,
elsewhere each time, in noise of another kind (of several pixels' width), cut at its middle as a clipped background is.

Run from the repository's root, of a zip or folder of class folders:

    python tests/benchmarks/accuracy/other_look.py SOURCE --work FOLDER [--images 1758] [--test 3000] [--epochs 20]

Trained on ``--images`` images of which a tenth validates, tested on others. It can be ended at any time and goes on
where it was. The class with fewest images is left out, as no training here has enough of it.
"""

import argparse
import io
import os
import random
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from datasets import Dataset, ImportOptions, Split, framing_of, import_dataset, open_folder
from datasets.images.opencv import one_threaded_opencv
from datasets.sources.options import SourceOptions
from datasets.sources.source import read_source
from search import Builder, complete, discover, load_hypermodel, training_options
from search.values import Value
from trainer import Member, Objective, Scores, limit_threads, score_predictions, train_member
from trainer.answering.calibration import apply_temperature
from trainer.answering.decision import Decide, decided, fit_decision, training_shares
from trainer.final.member import finish_member

FRAME, OBJECT = 300, 90
"""Pixels a side of the frame, and of what the whole original image becomes."""
SKY, NOISE, WIDTH = 8.0, 7.0, 1.2
"""Levels of the sky and its standard deviation, and the width of a grain of noise in pixels."""
CONTESTANTS = ("as they are", "with the crop", "with crop and size")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("--work", required=True, help="folder of images, datasets and checkpoints")
    parser.add_argument("--images", type=int, default=1758)
    parser.add_argument("--test", type=int, default=3000)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", nargs="*", choices=CONTESTANTS, default=CONTESTANTS, help="these alone")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="hyperparameters of all contestants")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    limit_threads(options.threads)
    work = Path(options.work).absolute()
    images = draw(Path(options.source), work / f"images-{options.images}-{options.test}", options.images, options.test)
    whole = imported(images, work, ImportOptions())
    advised = framing_of(whole)
    sys.stdout.write(f"{advised.advice}\n\n")
    assert advised.crop is not None
    assert advised.image_size is not None
    datasets = {
        CONTESTANTS[0]: ImportOptions(),
        CONTESTANTS[1]: ImportOptions(crop=advised.crop),
        CONTESTANTS[2]: ImportOptions(crop=advised.crop, image_size=advised.image_size),
    }
    changes = {name: parsed(value) for name, _, value in (one.partition("=") for one in options.set)}
    sys.stdout.write("| | seed | test macro F1 | decided for it | accuracy | lowest recall | CPU s |\n")
    sys.stdout.write("| --- | --- | --- | --- | --- | --- | --- |\n")
    for seed in range(1, options.seeds + 1):
        for name in options.only:
            dataset = imported(images, work, datasets[name])
            folder = f"{name} {'-'.join(options.set)} {options.epochs} {seed} {options.images}".replace(" ", "-")
            sys.stdout.write(row(name, dataset, changes, options.epochs, seed, work / "trained" / folder) + "\n")
            sys.stdout.flush()


def draw(source: Path, target: Path, count: int, test: int) -> Path:
    """Write so many images to train and validate on, and to test on, of the other look: PNGs in class folders."""
    if target.exists():
        return target
    opened = read_source(source, SourceOptions())  # what it unpacked is there as long as this is
    listing = opened.listing
    rarest = min(Counter(item.label for item in listing.items).items(), key=lambda pair: pair[1])[0]
    items = [item for item in listing.items if item.label != rarest]
    chosen, generator = random.Random(1).sample(items, count + test), np.random.default_rng(1)
    unfinished = target.with_name(f"{target.name}-unfinished")
    for number, item in enumerate(chosen):
        split = "train" if number < count else "test"
        folder = unfinished / split / listing.classes[item.label]
        folder.mkdir(parents=True, exist_ok=True)
        content = item.read()
        assert isinstance(content, bytes)
        with Image.open(io.BytesIO(content)) as picture:
            pixels = of_other_look(np.asarray(picture.convert("L"), np.float32), generator)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return unfinished.rename(target)


def of_other_look(grey: npt.NDArray[np.float32], generator: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Put what stands out of a picture, (side, side) of 0–255, small into a large noisy frame, near its centre."""
    cv2 = one_threaded_opencv()
    small = cv2.resize(grey, (OBJECT, OBJECT), interpolation=cv2.INTER_AREA)
    edge = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    offsets = np.arange(OBJECT) - (OBJECT - 1) / 2
    distance = np.hypot(offsets[:, np.newaxis], offsets) / (OBJECT / 2)
    light = (small - np.median(edge)) * np.clip((1 - distance) / 0.25, 0, 1)
    grain = cv2.GaussianBlur(generator.normal(0, 1, (FRAME, FRAME)).astype(np.float32), (0, 0), WIDTH)
    frame = SKY + NOISE * grain / grain.std()
    top, left = (FRAME - OBJECT) // 2 + generator.integers(-6, 7, 2)
    frame[top : top + OBJECT, left : left + OBJECT] += light
    return np.clip(frame, 0, 255).astype(np.uint8)


def imported(images: Path, work: Path, options: ImportOptions) -> Dataset:
    """Import the images, once."""
    place = work / f"{images.name}-{options.image_size}-{options.crop:g}.galaxy"
    if not place.exists():
        import_dataset(images, place, options)
    return Dataset.open(place)


def parsed(value: str) -> Value:
    try:
        return int(value)
    except ValueError:
        try:
            return float(value)
        except ValueError:
            return value


def row(name: str, dataset: Dataset, changes: dict[str, Value], epochs: int, seed: int, place: Path) -> str:
    """Train the defaults and return a line of the table."""
    hypermodel = load_hypermodel(None, input_shape=dataset.image_shape, num_classes=len(dataset.classes))
    space = discover(hypermodel)
    declared = {hp.name for hp in space.space}
    values = complete(space, {key: value for key, value in changes.items() if key in declared}) | changes
    member = Member(name, Builder(hypermodel, values), training_options(values, epochs=epochs), values, seed=seed)
    began, objective = time.process_time(), Objective.parse("val_macro_f1_decided")
    trained = finish_member(
        member, train_member(member, dataset, objective=objective, work=open_folder(place)), dataset
    )
    rule = fit_decision(
        *trained.validation, shares=training_shares(dataset), classes=dataset.classes, objective=objective
    )
    true, probabilities = trained.predict(dataset, Split.TEST)
    plain = score_predictions(true, probabilities, dataset.classes)
    numbers = decided(
        apply_temperature(probabilities, rule.temperature), dataset.classes, rule.factors, Decide.OBJECTIVE
    )
    ruled = score_predictions(true, probabilities, dataset.classes, decided=numbers)
    cells = (plain.macro["f1"], ruled.macro["f1"], plain.accuracy, _lowest(plain))
    numbers_shown = " | ".join(f"{cell:.3f}" for cell in cells)
    return f"| {name} | {seed} | {numbers_shown} | {time.process_time() - began:,.0f} |"


def _lowest(scores: Scores) -> float:
    return min(score.recall for score in scores.per_class.values() if score.recall is not None)


if __name__ == "__main__":
    main()
