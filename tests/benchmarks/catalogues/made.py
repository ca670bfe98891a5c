"""What the benchmarks of catalogues classify with and what: untrained models, and tables of any length in any format.

The default network is that of the built-in space's defaults, at 96 pixels; the tiny one has a single convolution at 32.
Tables name the images of a few hundred rendered galaxies, again and again, as a catalogue names its cut-outs.
"""

from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from datasets import Dataset, ImportOptions, append_columns, import_dataset, open_folder, render_sample

IMAGES = 500
SIDES = {"default": 96, "tiny": 32}
Network = Literal["default", "tiny"]


def made_model(place: Path, network: Network) -> Path:
    """Write a bundle, with what it knows of its limits, unless it is there; return where it is."""
    import keras
    import keras_tuner
    from trainer_tests.examples import made_manifest

    from search import GalaxyHyperModel
    from trainer import BundleMember, Decide, write_bundle
    from trainer.answering.limits import Trust
    from trainer.answering.novelty import describe, fit_novelty
    from trainer.answering.selective import Answers
    from trainer.final.portable import portable

    model, side = place / f"model-{network}", SIDES[network]
    if (model / "bundle.json").exists():
        return model
    imported = place / f"{network}.galaxy"
    if not imported.exists():
        import_dataset(made_images(place), imported, ImportOptions(image_size=side))
    dataset = Dataset.open(imported)
    keras.utils.set_random_seed(1)
    shape, classes = (side, side, 3), len(dataset.classes)
    if network == "default":
        built = GalaxyHyperModel(input_shape=shape, num_classes=classes).build(keras_tuner.HyperParameters())
    else:
        layers = [keras.layers.Conv2D(8, 3, strides=2, activation="relu"), keras.layers.GlobalAveragePooling2D()]
        last = keras.layers.Dense(classes, activation="softmax")
        built = keras.Sequential([keras.Input(shape), *layers, last])
    numbers = np.random.default_rng(1)
    answers = Answers(numbers.random(500, np.float32), numbers.random(500) < 0.9)
    trust = Trust(
        dict.fromkeys((Decide.ACCURACY, Decide.BALANCED), answers),
        fit_novelty(describe(dataset.take(np.arange(len(dataset)))), seed=1),
    )
    member = BundleMember("0000", False, built.count_params(), 1, 1, {}, {})
    write_bundle(open_folder(model), [portable(built)], made_manifest(dataset, members=(member,)), trust)
    return model


def made_images(place: Path) -> Path:
    """Render the galaxies, in class folders, unless they are there."""
    images = place / "images"
    if not images.exists():
        render_sample(images, count=IMAGES, seed=1)
    return images


def made_table(place: Path, rows: int, suffix: str) -> Path:
    """Write a table unless it is there: 64-bit ids, paths, names, positions, magnitudes of which some are missing.

    It is made as Parquet, and written as whatever else is wanted by what is to be measured.
    """
    table = place / f"rows-{rows}{suffix}"
    if table.exists():
        return table
    if suffix != ".parquet":
        source = made_table(place, rows, ".parquet")
        append_columns(source, pa.schema([]), lambda: iter(()), table)
        return table
    paths = sorted(str(path.relative_to(place)) for path in made_images(place).glob("*/*.jpg"))
    numbers = np.random.default_rng(2)
    columns = {
        "objid": pa.array(1237648720693755918 + np.arange(rows)),
        "path": pa.array([paths[row % len(paths)] for row in range(rows)]),
        "name": pa.array([f"SDSS J{row:09d}.1+{row % 90:02d}" for row in range(rows)]),
        "ra": pa.array(numbers.uniform(0, 360, rows)),
        "dec": pa.array(numbers.uniform(-90, 90, rows)),
        **{f"mag_{band}": pa.array(numbers.uniform(14, 20, rows), mask=numbers.random(rows) < 0.1) for band in "ugriz"},
        "flags": pa.array(numbers.integers(0, 2**31, rows, np.int32), mask=numbers.random(rows) < 0.1),
    }
    pyarrow.parquet.write_table(pa.table(columns), table)
    return table
