"""A small source of each form, in its real format: twelve galaxies of each of three classes, told apart by colour."""

import csv
import gzip
import io
import json
import shutil
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.io import fits
from PIL import Image

from datasets.images.magic import masked_crc
from datasets.sources.arrays.galaxy10 import DECALS, SDSS
from datasets.sources.listing import Listing
from datasets.sources.options import SourceOptions
from datasets.sources.recognition import form
from datasets.sources.trees import open_source
from datasets.sources.votes.rules.rule_set import read_rules

PER_CLASS = 12
VOTED = ("completely round smooth", "edge-on", "spiral")
PLAIN = ("Red ones", "green", "spirals, blue")
VOTES = {
    "completely round smooth": {"smooth": 0.9, "completely_round": 0.8},
    "edge-on": {"features": 0.9, "edge_on": 0.8},
    "spiral": {"features": 0.9, "not_edge_on": 0.8, "spiral": 0.7},
    "none": {"smooth": 0.4, "features": 0.4, "spiral": 0.9, "completely_round": 0.9},
}
COLUMNS = {wording.name: wording.columns for wording in read_rules("zhu").wordings}
CHALLENGE, GZ2 = COLUMNS["the Galaxy Challenge"], COLUMNS["Galaxy Zoo 2, debiased"]
DECALS_VOTES = COLUMNS["Galaxy Zoo DECaLS, debiased"]


@dataclass(frozen=True)
class Example:
    """A maker of a source, what it is, and its classes by their colour: red, green, blue."""

    make: Callable[[Path], Path]
    format: str
    classes: tuple[str, str, str]
    left_out: int = 0
    quarantined: int = 0


def galaxies(side: int = 24) -> Iterator[tuple[int, int, np.ndarray]]:
    """Yield (class, number, pixels) of galaxies that differ, each class in its colour."""
    generator = np.random.default_rng(5)
    for label in range(3):
        for number in range(PER_CLASS):
            pixels = generator.integers(0, 60, (side, side, 3), dtype=np.uint8)
            pixels[..., label] += 150
            yield label, number, pixels


def png(pixels: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format="PNG")
    return stream.getvalue()


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def write_csv(path: Path, header: list[str], rows: list[list[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def listed_as(form_name: str, path: Path, **options: object) -> Listing:
    """List a source as one of a form."""
    return form(form_name).list_source(open_source(path), SourceOptions(**options))


def zip_of(folder: Path) -> Path:
    target = folder.with_suffix(".zip")
    with zipfile.ZipFile(target, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder).as_posix())
    shutil.rmtree(folder)
    return target


def class_folders(place: Path) -> Path:
    for label, number, pixels in galaxies():
        write(place / PLAIN[label] / f"{number}.png", png(pixels))
    return place


def split_folders(place: Path) -> Path:
    for label, number, pixels in galaxies():
        write(place / "data" / ("Training", "VALID", "test")[number % 3] / PLAIN[label] / f"{number}.png", png(pixels))
    return place


def votes_row(columns: Mapping[str, str], name: str) -> list[object]:
    return [VOTES[name].get(word, 0.1) for word in columns]


def challenge(place: Path) -> Path:
    rows = []
    for label, number, pixels in galaxies():
        name = 100_000 + 100 * label + number
        write(place / "images_training_rev1" / f"{name}.jpg", png(pixels))
        rows.append([name, *votes_row(CHALLENGE, VOTED[label])])
    write(place / "images_training_rev1" / "999999.jpg", png(np.zeros((9, 9, 3), np.uint8)))
    rows.append([999_999, *votes_row(CHALLENGE, "none")])
    header = ["GalaxyID", *CHALLENGE.values()]
    write_csv(place / "training_solutions_rev1.csv", header, rows)
    return place


def challenge_table(place: Path) -> Path:
    """The table itself, with the images in the zip beside it."""
    zip_of(challenge(place) / "images_training_rev1")
    return place / "training_solutions_rev1.csv"


def challenge_download(place: Path) -> Path:
    """As it is downloaded: the table and the images in a zip each."""
    table = challenge(place) / "training_solutions_rev1.csv"
    zip_of(place / "images_training_rev1")
    with zipfile.ZipFile(place / "training_solutions_rev1.zip", "w") as archive:
        archive.write(table, table.name)
    table.unlink()
    return place


def zoo_2(place: Path) -> Path:
    rows, mapping = [], []
    for label, number, pixels in galaxies():
        objid, asset = 587722981736120347 + 1000 * label + number, 1 + 100 * label + number
        write(place / "images" / f"{asset}.jpg", png(pixels))
        rows.append([objid, "original", "Sc", *votes_row(GZ2, VOTED[label])])
        mapping.append([objid, "original", asset])
    write(place / "images" / "77.jpg", png(np.zeros((9, 9, 3), np.uint8)))
    write_csv(place / "gz2_hart16.csv", ["dr7objid", "sample", "gz2_class", *GZ2.values()], rows)
    write_csv(place / "gz2_filename_mapping.csv", ["objid", "sample", "asset_id"], mapping)
    return place


def zoo_2_packed(place: Path) -> Path:
    """As it is downloaded: the votes gzipped, the images in a zip."""
    zip_of(zoo_2(place) / "images")
    votes = place / "gz2_hart16.csv"
    votes.with_suffix(".csv.gz").write_bytes(gzip.compress(votes.read_bytes()))
    votes.unlink()
    return place


def decals(place: Path) -> Path:
    rows = []
    for label, number, pixels in galaxies():
        name = f"J{100_000 + 100 * label + number}.25-002.1"
        write(place / "images" / f"J{100 + label}" / f"{name}.png", png(pixels))
        rows.append([name, 0.05, *votes_row(DECALS_VOTES, VOTED[label])])
    write(place / "images" / "J999.png", png(np.zeros((9, 9, 3), np.uint8)))
    write_csv(place / "gz_decals_volunteers_5.csv", ["iauname", "redshift", *DECALS_VOTES.values()], rows)
    return place


def table_rows(place: Path) -> list[list[object]]:
    rows: list[list[object]] = []
    for label, number, pixels in galaxies():
        path = f"some/where/{label}-{number}.png"
        write(place / path, png(pixels))
        rows.append([path, PLAIN[label], f"galaxy {label}-{number}", ("train", "", "Testing")[number % 3], 0.5])
    return rows


def table(place: Path) -> Path:
    header = ["Path", "label", "id", "split", "redshift"]
    write_csv(place / "labels.csv", header, [*table_rows(place), ["some/where/no label.png", "", "", "", ""]])
    write(place / "some/where/no label.png", png(np.zeros((9, 9, 3), np.uint8)))
    return place / "labels.csv"


def parquet(place: Path) -> Path:
    columns = zip(*table_rows(place), strict=True)
    names = ["path", "label", "id", "split", "redshift"]
    pq.write_table(pa.table(dict(zip(names, map(list, columns), strict=True))), place / "labels.parquet")
    return place


def galaxy10(side: int) -> Callable[[Path], Path]:
    def make(place: Path) -> Path:
        path = place / "Galaxy10.h5"
        path.parent.mkdir(parents=True)
        labels, images = zip(*((2 * label + 1, pixels) for label, _, pixels in galaxies(side)), strict=True)
        with h5py.File(path, "w") as file:
            file.create_dataset("images", data=np.array(images), chunks=(5, side, side, 3), compression="gzip")
            file["ans"] = np.array(labels, np.uint8)
        return path if side == 69 else place

    return make


def light(pixels: np.ndarray) -> np.ndarray:
    """Nanomaggies-like brightness, (3, height, width), bands from blue to red, of a galaxy on a dark sky."""
    y, x = np.mgrid[-1 : 1 : pixels.shape[0] * 1j, -1 : 1 : pixels.shape[1] * 1j]
    pixels = pixels * np.exp(-8 * (x**2 + y**2))[..., np.newaxis]
    return (pixels[::-1].astype(np.float32) / 50).transpose(2, 0, 1)[::-1]


def fits_cubes(place: Path) -> Path:
    for label, number, pixels in galaxies():
        unit = fits.PrimaryHDU(light(pixels))
        unit.header["BANDS"] = "grz"
        stream = io.BytesIO()
        unit.writeto(stream)
        write(place / PLAIN[label] / f"galaxy-{number}.fits", stream.getvalue())
    return place


def fits_bands(place: Path) -> Path:
    for label, number, pixels in galaxies():
        for band, plane in zip("gri", light(pixels), strict=True):
            stream = io.BytesIO()
            fits.PrimaryHDU(np.ascontiguousarray(plane)).writeto(stream)
            write(place / PLAIN[label] / f"galaxy{number}_{band}.fits.gz", gzip.compress(stream.getvalue()))
    return zip_of(place)


def stacked(side: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """All images, uint8 (36, side, side, 3), and their labels, 0 to 2."""
    labels, _, images = zip(*galaxies(side), strict=True)
    return np.array(images), np.array(labels)


def npz(place: Path) -> Path:
    """Floats in 0–1 and a column a class, compressed."""
    images, labels = stacked()
    place.mkdir()
    np.savez_compressed(place / "all.npz", x=(images / 255).astype(np.float32), y=np.eye(3)[labels], class_names=PLAIN)
    return place / "all.npz"


def npy_splits(place: Path) -> Path:
    """As frameworks save them: colours first, the names as text."""
    images, labels = stacked()
    place.mkdir()
    for first, name in enumerate(("train", "val", "test")):
        np.save(place / f"x_{name}.npy", images[first::3].transpose(0, 3, 1, 2))
        np.save(place / f"y_{name}.npy", np.array(PLAIN)[labels[first::3]])
    return place


def hdf5_groups(place: Path) -> Path:
    images, labels = stacked()
    place.mkdir()
    with h5py.File(place / "all.hdf5", "w") as file:
        for first, name in enumerate(("train", "test")):
            file[f"{name}/images"], file[f"{name}/labels"] = images[first::2], labels[first::2]
            file[f"{name}/labels"].attrs["class_names"] = PLAIN
    return zip_of(place)


def tfrecord(*features: tuple[str, bytes | int]) -> bytes:
    """One record of `tf.train.Example` with a value a feature, in protobuf's encoding."""

    def field(key: int, data: bytes) -> bytes:
        return varint(key) + varint(len(data)) + data

    def varint(value: int) -> bytes:
        return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)

    entries = b""
    for name, value in features:
        values = field(10, field(10, value)) if isinstance(value, bytes) else field(26, field(10, varint(value)))
        entries += field(10, field(10, name.encode()) + field(18, values))
    data = field(10, entries)
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc(length)) + data + struct.pack("<I", masked_crc(data))


def tfrecords(place: Path) -> Path:
    shards: dict[str, bytes] = {}
    for label, number, pixels in galaxies():
        shard = ("train-00000-of-00002", "train-00001-of-00002", "val.tfrecord", "zoo-test.tfrecord")[number % 4]
        names = ("image/class/label", label), ("image/class/text", PLAIN[label].encode())
        shards[shard] = shards.get(shard, b"") + tfrecord(("image/encoded", png(pixels)), *names)
    for shard, data in shards.items():
        write(place / shard, data)
    return place


def tfrecord_packed(place: Path) -> Path:
    """Pixels that are not encoded, in one file that is compressed."""
    sides = [("height", 24), ("width", 24), ("depth", 3)]
    records = [
        tfrecord(("image_raw", pixels.tobytes()), *sides, ("class_name", PLAIN[label].encode()))
        for label, _, pixels in galaxies()
    ]
    write(place / "all.tfrecord.gz", gzip.compress(b"".join(records)))
    return place / "all.tfrecord.gz"


def tar_of(path: Path, files: dict[str, bytes], mode: Literal["w", "w:gz"] = "w") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, mode) as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def tar_of_folders(place: Path) -> Path:
    files = {f"./all/{PLAIN[label]}/{number}.png": png(pixels) for label, number, pixels in galaxies()}
    return tar_of(place / "all.tar.gz", files, "w:gz")


def webdataset(place: Path) -> Path:
    shards: dict[str, dict[str, bytes]] = {}
    for label, number, pixels in galaxies():
        files = shards.setdefault(f"{('train', 'val', 'test')[number % 3]}-000000.tar", {})
        key = f"{label}{number:05d}"
        files |= {f"{key}.png": png(pixels), f"{key}.json": json.dumps({"label": PLAIN[label], "z": 0.1}).encode()}
    for shard, files in shards.items():
        tar_of(place / shard, files)
    return place


EXAMPLES = {
    "class folders": Example(class_folders, "class-folders", PLAIN),
    "zip of class folders": Example(lambda place: zip_of(class_folders(place)), "class-folders", PLAIN),
    "split folders": Example(split_folders, "class-folders", PLAIN),
    "challenge": Example(challenge, "galaxy-challenge", VOTED, 1),
    "challenge, zipped": Example(lambda place: zip_of(challenge(place)), "galaxy-challenge", VOTED, 1),
    "challenge's table": Example(challenge_table, "galaxy-challenge", VOTED, 1),
    "challenge, downloaded": Example(challenge_download, "galaxy-challenge", VOTED, 1),
    "galaxy zoo 2": Example(zoo_2, "galaxy-zoo-2", VOTED, 1),
    "galaxy zoo 2, packed": Example(zoo_2_packed, "galaxy-zoo-2", VOTED, 1),
    "galaxy zoo decals": Example(decals, "votes", VOTED, 1),
    "table": Example(table, "table", PLAIN, quarantined=1),
    "parquet": Example(parquet, "table", PLAIN),
    "table, zipped": Example(lambda place: zip_of(table(place).parent), "table", PLAIN, 0, 1),
    "table, zipped in a folder": Example(
        lambda place: zip_of(table(place / "data").parent).parent, "table", PLAIN, 0, 1
    ),
    "galaxy10 sdss": Example(galaxy10(69), "galaxy10", (SDSS[1], SDSS[3], SDSS[5])),
    "galaxy10 decals": Example(galaxy10(256), "galaxy10", (DECALS[1], DECALS[3], DECALS[5])),
    "fits cubes": Example(fits_cubes, "fits", PLAIN),
    "fits bands, zipped": Example(fits_bands, "fits", PLAIN),
    "npz": Example(npz, "arrays", PLAIN),
    "npy of splits": Example(npy_splits, "arrays", PLAIN),
    "hdf5 with groups, zipped": Example(hdf5_groups, "arrays", PLAIN),
    "tfrecords": Example(tfrecords, "tfrecord", PLAIN),
    "tfrecord, packed": Example(tfrecord_packed, "tfrecord", PLAIN),
    "tar of class folders": Example(tar_of_folders, "class-folders", PLAIN),
    "webdataset": Example(webdataset, "webdataset", PLAIN),
}
