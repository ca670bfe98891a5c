"""What all tests share: a tiny source and dataset, and where the real galaxies lie."""

import os
import shutil
import warnings
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from datasets import Dataset, ImportOptions, freeze_loaded, import_dataset, open_folder, uncollected

if TYPE_CHECKING:
    from gcs_server import GcsServer
    from s3_server import S3Server

CLASSES = ("Cigar-shaped smooth", "completely round smooth", "edge-on", "In between smooth", "spiral")
"""The real data's classes, in the order of a dataset."""
IMAGES_PER_CLASS = 20
SIDE = 40

AXIS_RATIOS = {"Cigar-shaped smooth": 0.3, "completely round smooth": 1.0, "edge-on": 0.12, "In between smooth": 0.6}
COLOURS = {
    "Cigar-shaped smooth": (220, 150, 90),
    "completely round smooth": (230, 180, 120),
    "edge-on": (150, 150, 190),
    "In between smooth": (210, 190, 150),
    "spiral": (120, 160, 230),
}


def draw_galaxy(name: str, generator: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Draw a crude galaxy of a class, turned at random, in noise: uint8, (SIDE, SIDE, 3)."""
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    angle = generator.uniform(0, np.pi)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    radius = np.hypot(along, across / AXIS_RATIOS.get(name, 1.0))
    light = np.exp(-((radius / 9) ** 2))
    if name == "spiral":
        light *= 0.5 + 0.5 * np.cos(2 * np.arctan2(across, along) - radius / 1.5)
    noise = generator.normal(0, 6, (SIDE, SIDE, 3))
    return np.clip(12 + light[..., np.newaxis] * COLOURS[name] + noise, 0, 255).astype(np.uint8)


_FIRST = (
    # Of two that run side by side the one has workers ended for want of memory: meanwhile the other loses none, which
    # would seem to be for that, and takes little memory.
    "cluster_tests/test_memory.py",
    "trainer_tests/test_killed.py",
    "trainer_tests/test_continuing.py",
    # What takes long, so that neither of the two ends long before the other.
    "hosts_tests/test_searching.py",
    "test_journey.py",
    "cluster_tests/test_resuming.py",
    "cluster_tests/test_launch.py",
    "cluster_tests/test_address.py",
    "cluster_tests/test_nodes.py",
    "cluster_tests/test_training.py",
    "cluster_tests/test_submission.py",
    "cluster_tests/test_doctor.py",
    "cluster_tests/test_hyperband.py",
    "cluster_tests/test_asking.py",
    "trainer_tests/test_exporting.py",
    "trainer_tests/test_final.py",
    "datasets_tests/test_importing.py",
    "ui_tests/test_watching_page.py",
    "ui_tests/test_accessible.py",
    "ui_tests/test_browser.py",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest where several processes share the files."""
    if hasattr(config, "workerinput"):
        places = {Path(__file__).parent.joinpath(name).resolve(strict=True): place for place, name in enumerate(_FIRST)}
        items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs several hosts, before they are made, where there can be none."""
    if item.get_closest_marker("hosts") and (lacking := _lacking_for_hosts()):
        pytest.skip(lacking)


@cache
def _lacking_for_hosts() -> str | None:
    from hosts import missing

    return missing()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Leave what is imported out of every search for garbage: Keras makes a full one for each new model."""
    with uncollected():
        done = yield
    freeze_loaded()
    return done


@pytest.fixture(scope="session")
def tiny_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of five class folders with 20 JPEGs each, 40 × 40 pixels. Do not change it: all tests share it."""
    folder = tmp_path_factory.mktemp("tiny") / "source"
    generator = np.random.default_rng(7)
    for name in CLASSES:
        (folder / name).mkdir(parents=True)
        for number in range(IMAGES_PER_CLASS):
            Image.fromarray(draw_galaxy(name, generator)).save(folder / name / f"{number:03d}.jpg", quality=92)
    return folder


@pytest.fixture(scope="session")
def tiny_dataset(tiny_source: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The tiny source imported at 32 × 32 pixels: 12 training, 4 validation and 4 test images a class."""
    target = tmp_path_factory.mktemp("tiny") / "dataset"
    info = import_dataset(tiny_source, target, ImportOptions(image_size=32, validation=0.2, test=0.2))
    return Dataset.open(info.path)


@pytest.fixture(scope="session")
def bundle(tiny_dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained but complete model for the tiny dataset: its probabilities are whatever the seed gives."""
    import keras
    from trainer_tests.examples import made_manifest

    from trainer import BundleMember, write_bundle

    keras.utils.set_random_seed(5)
    side = tiny_dataset.preprocessing.image_size
    layers = [keras.Input((side, side, 3)), keras.layers.Flatten(), keras.layers.Dense(5, activation="softmax")]
    member = BundleMember("0002", False, 1, 1, 1, {"blocks": 0}, {"val_macro_f1": 0.5})
    manifest = made_manifest(
        tiny_dataset,
        dataset=tiny_dataset.info.path,
        members=(member,),
        created="2026-01-02T03:00:00+00:00",
        metrics={"test": {"accuracy": 0.25}},
    )
    folder = tmp_path_factory.mktemp("bundle") / "model"
    with warnings.catch_warnings():
        # Keras 3.15 saves variables by an `__array__` that NumPy 2 would like to have one more argument.
        warnings.filterwarnings("ignore", "__array__ implementation doesn't accept a copy keyword", DeprecationWarning)
        write_bundle(open_folder(folder), [keras.Sequential(layers)], manifest)
    return folder


@pytest.fixture(scope="session")
def uneven_dataset(tiny_source: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Part of the tiny source at 32 × 32 pixels: 4, 12, 12, 7 and 12 training images of the classes in order."""
    source = tmp_path_factory.mktemp("uneven") / "source"
    shutil.copytree(tiny_source, source)
    for name, kept in (("Cigar-shaped smooth", 6), ("In between smooth", 13)):
        for file in sorted((source / name).iterdir())[kept:]:
            file.unlink()
    options = ImportOptions(image_size=32, validation=0.2, test=0.2)
    return Dataset.open(import_dataset(source, source.with_name("dataset"), options).path)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of the real galaxies; the test is skipped where it is absent."""
    folder = Path(os.environ.get("GALAXY_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"needs the real galaxies: no folder {folder}; name another one in $GALAXY_DATA")
    return folder


@pytest.fixture(scope="session")
def s3_server() -> "Iterator[S3Server]":
    """An S3 server with an empty bucket, and the credentials for it in the environment of all that follows."""
    from s3_server import S3Server  # here, as moto takes a second to import

    server = S3Server()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "tests")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "tests")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        server.make_bucket()
        yield server
    server.close()


@pytest.fixture
def s3(s3_server: "S3Server") -> str:
    """URI of a folder of the test's own on an S3 server; ``open_folder(s3).child("x")`` is one below it."""
    return open_folder(s3_server.uri).child(token_hex(8)).uri


@pytest.fixture(scope="session")
def gcs_server() -> "Iterator[GcsServer]":
    """A Google Cloud Storage server with an empty bucket."""
    from gcs_server import GcsServer

    server = GcsServer()
    yield server
    server.close()


@pytest.fixture
def gcs(gcs_server: "GcsServer") -> str:
    """URI of a folder of the test's own on a Google Cloud Storage server."""
    return open_folder(gcs_server.uri).child(token_hex(8)).uri


@pytest.fixture(autouse=True, scope="session")
def node_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The node's cache of remote datasets, kept from the user's own."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("GALAXY_CACHE", str(folder))
        yield folder
