"""A small source of each form, in its real format: twelve galaxies of each of three classes, told apart by colour."""

import csv
import gzip
import io
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.io import fits
from PIL import Image

from datasets.sources.galaxy10 import DECALS, SDSS
from datasets.sources.listing import Listing
from datasets.sources.options import SourceOptions
from datasets.sources.recognition import form
from datasets.sources.rules.rule_set import read_rules
from datasets.sources.trees import open_source

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
    write_csv(place / "labels.csv", header, [*table_rows(place), ["some/where/0-0.png", "", "", "", ""]])
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
    """Nanomaggies-like brightness, (3, height, width), bands from blue to red."""
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
    "table": Example(table, "table", PLAIN, 1),
    "parquet": Example(parquet, "table", PLAIN),
    "table, zipped": Example(lambda place: zip_of(table(place).parent), "table", PLAIN, 1),
    "table, zipped in a folder": Example(lambda place: zip_of(table(place / "data").parent).parent, "table", PLAIN, 1),
    "galaxy10 sdss": Example(galaxy10(69), "galaxy10", (SDSS[1], SDSS[3], SDSS[5])),
    "galaxy10 decals": Example(galaxy10(256), "galaxy10", (DECALS[1], DECALS[3], DECALS[5])),
    "fits cubes": Example(fits_cubes, "fits", PLAIN),
    "fits bands, zipped": Example(fits_bands, "fits", PLAIN),
}
