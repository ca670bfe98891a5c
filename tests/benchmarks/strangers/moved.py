"""Datasets and searches that are moved or renamed."""

import os
import shutil
from functools import partial
from pathlib import Path

from benchmarks.strangers.judging import Verdict, completed, refused, right, wrong
from benchmarks.strangers.place import Place, draw_dataset
from benchmarks.strangers.situation import Situation


def moved(place: Place, *, command: tuple[str, ...]) -> Verdict:
    """Rename the dataset and the runs after a search, and say where the dataset is now; then again, without saying."""
    place.search("build", "--trials", "1")
    _rename(place)
    first = place.galaxy(*command, "--dataset", "elsewhere/data", "--storage", "elsewhere/results", "--json")
    if first.status != 0:
        return first.failed()
    again = place.galaxy("resume", "first", "--trials", "3", *_IN_PROCESS, "--storage", "elsewhere/results")
    return completed(again, 3)


def unsaid(place: Place) -> Verdict:
    """Rename both and resume without a word of it."""
    place.search("build", "--trials", "1")
    _rename(place)
    done = place.galaxy("resume", "first", "--trials", "2", "--storage", "elsewhere/results", "--address", "in-process")
    return refused(done, "--dataset")


def on_s3(place: Place) -> Verdict:
    """Go on with the dataset that is now on S3."""
    from pyarrow.fs import FileSystem, LocalFileSystem, copy_files
    from s3_server import S3Server

    variables = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests", "AWS_DEFAULT_REGION": "us-east-1"}
    variables |= {"AWS_EC2_METADATA_DISABLED": "true", "GALAXY_CACHE": str(place.folder / "cache")}
    os.environ.update(variables)
    server = S3Server()
    try:
        server.make_bucket()
        place.search("build", "--trials", "1")
        system, bucket = FileSystem.from_uri(server.uri)
        copy_files(str(place.folder / "d"), f"{bucket}/d", LocalFileSystem(), system)
        shutil.rmtree(place.folder / "d")
        uri = server.uri.replace("?", "/d?", 1)
        return completed(
            place.galaxy("resume", "first", "--trials", "2", *_IN_PROCESS, "--dataset", uri, **variables), 2
        )
    finally:
        server.close()


def another(place: Place) -> Verdict:
    """Name a dataset that is another one."""
    place.search("build", "--trials", "1")
    draw_dataset(place.folder / "other", images=40)
    done = place.galaxy("resume", "first", "--trials", "2", "--dataset", "other/d", "--address", "in-process")
    return refused(done, "fingerprint")


def refused_changes_nothing(place: Place) -> Verdict:
    """Resume with more trials while the dataset is away, then when it is there again."""
    place.search("build", "--trials", "1")
    (place.folder / "d").rename(place.folder / "away")
    before = _files(place)
    if place.galaxy("resume", "first", "--trials", "3").status == 0:
        return wrong("goes on without a dataset")
    if _files(place) == before:
        return right("no file is another one")
    (place.folder / "away").rename(place.folder / "d")
    done = place.galaxy("resume", "first", *_IN_PROCESS)
    return wrong(f"the refused budget is kept: the next resume has {len(done.document.get('trials', []))} trials")


def _rename(place: Place) -> None:
    (place.folder / "elsewhere").mkdir()
    (place.folder / "d").rename(place.folder / "elsewhere" / "data")
    (place.folder / "runs").rename(place.folder / "elsewhere" / "results")


def _files(place: Place) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in (place.folder / "runs").rglob("*") if path.is_file()}


_KIND, _IN_PROCESS = "Moved things", ("--address", "in-process", "--json")
_RESUME, _TRAIN = ("resume", "first", "--trials", "2", "--address", "in-process"), ("train", "first", "--epochs", "1")
SITUATIONS = (
    Situation(_KIND, "dataset and runs renamed: `resume --dataset`, then `resume`", partial(moved, command=_RESUME)),
    Situation(_KIND, "dataset and runs renamed: `train --dataset`, then `resume`", partial(moved, command=_TRAIN)),
    Situation(_KIND, "dataset and runs renamed: `resume`", unsaid),
    Situation(_KIND, "the dataset is on S3 now: `resume --dataset`", on_s3),
    Situation(_KIND, "`resume --dataset` of another dataset", another),
    Situation(_KIND, "a refused `resume --trials 3`", refused_changes_nothing),
)
