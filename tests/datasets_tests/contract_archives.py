"""Inputs of the contract: archives as programs write them, damaged ones, and what file systems hold beside files."""

import io
import os
import struct
import tarfile
from collections.abc import Callable
from pathlib import Path

from datasets_tests.contract_inputs import (
    NAMES,
    Files,
    Input,
    Refused,
    Right,
    content,
    folder,
    laid,
    truth,
    written,
    zip_bytes,
    zipped,
)

PLAIN = laid("{c}/{n}.png")
ALL = truth()
CYRILLIC = ("спираль", "линза", "кольцо")


def tarred(files: Files, mode: str = "w:gz") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        for file, value in files.items():
            info, data = tarfile.TarInfo(file), content(value, file)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def raw_zip(names: dict[str, bytes]) -> bytes:
    """Zip PLAIN under names whose bytes no flag explains: those of each class's folder."""
    data = zip_bytes(
        {
            file.replace(name, name.upper().replace("-", "_")): n
            for file, n in PLAIN.items()
            for name in NAMES
            if file.startswith(name)
        }
    )
    for name, other in names.items():
        assert len(name) == len(other)
        data = data.replace(f"{name}/".encode(), other + b"/")
    return data


def backslashes() -> bytes:
    return zip_bytes(laid("data\\{c}\\{n}.png"))


def patched(data: bytes, change: Callable[[bytearray, int], None], *, first: int = 0) -> bytes:
    """Change each central entry of a zip but the ``first`` ones: its bytes and where it begins."""
    changed, place, number = bytearray(data), 0, 0
    while (place := data.find(b"PK\x01\x02", place)) >= 0:
        if number >= first:
            change(changed, place)
        place, number = place + 1, number + 1
    return bytes(changed)


def encrypted(data: bytearray, place: int) -> None:
    data[place + 8] |= 1
    data[struct.unpack_from("<I", data, place + 42)[0] + 6] |= 1


def promising(size: int) -> Callable[[bytearray, int], None]:
    return lambda data, place: struct.pack_into("<I", data, place + 24, size)


def other_sum(data: bytearray, place: int) -> None:
    struct.pack_into("<I", data, place + 16, 1)


def linked(place: Path) -> Path:
    """Class folders of splits that are links to folders elsewhere; one leads back up, one to nothing, one to itself."""
    folder(laid("pool/{c}/{n}.png"))(place)
    for number, name in enumerate(NAMES):
        target = place / "source" / ("train", "test")[number == 3] / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(place / "pool" / name)
    (place / "pool" / NAMES[0] / "loop").symlink_to(place / "pool")
    (place / "source" / "train" / NAMES[1]).joinpath("nothing.png").symlink_to("absent.png")
    (place / "source" / "train" / NAMES[1]).joinpath("itself.png").symlink_to("itself.png")
    return place / "source"


def with_pipe(place: Path) -> Path:
    folder(PLAIN)(place)
    os.mkfifo(place / NAMES[0] / "pipe")
    os.mkfifo(place / "labels.csv")
    return place


def archive(data: Callable[[], bytes], expected: Right | Refused, file: str = "source.zip") -> Input:
    return Input(written(file, data), expected)


ARCHIVES = {
    "a tar": archive(lambda: tarred(PLAIN, "w"), Right(ALL), "source.tar"),
    "a tar, gzipped": archive(lambda: tarred(laid("./data/{c}/{n}.png")), Right(ALL), "source.tar.gz"),
    "a tar whose members leave it": archive(
        lambda: tarred(PLAIN | {f"../{NAMES[0]}/40.png": 40, f"/{NAMES[1]}/41.png": 41}),
        Right(ALL, "quarantined 2"),
        "source.tar",
    ),
    "a tar that ends early": archive(lambda: tarred(PLAIN)[:-400], Refused("damaged|cannot be read"), "source.tar.gz"),
    "a zip with backslashes": archive(backslashes, Right(ALL)),
    "a zip in UTF-8 without saying so": archive(
        lambda: raw_zip({"EDGE_ON": "спи".encode() + b"1", "SMOOTH": "лин".encode(), "SPIRAL": "кол".encode()}),
        Right(truth(**dict(zip(NAMES, ("спи1", "лин", "кол"), strict=True)))),
    ),
    "a zip of no file": Input(zipped({}), Refused("nothing in it")),
    "a zip of nothing but litter": Input(zipped({"__MACOSX/._a.png": "x", ".DS_Store": "x"}), Refused("nothing in it")),
    "a zip whose members leave it": Input(
        zipped(PLAIN | {f"../{NAMES[0]}/40.png": 40, f"C:/{NAMES[1]}/41.png": 41}), Right(ALL, "quarantined 2")
    ),
    "a zip with a password": archive(
        lambda: patched(zip_bytes(PLAIN), encrypted), Refused("encrypted: unpack .* password")
    ),
    "a zip with a password on some": archive(
        lambda: patched(zip_bytes(PLAIN), encrypted, first=8), Right(truth(range(8)), "quarantined 4")
    ),
    "a zip with damage": archive(
        lambda: patched(zip_bytes(PLAIN), other_sum, first=8), Right(truth(range(8)), "quarantined 4")
    ),
    "a zip that promises more than there is": archive(
        lambda: patched(zip_bytes(PLAIN), promising(2**32 - 2), first=8), Right(truth(range(8)), "quarantined 4")
    ),
    "a zip that ends early": archive(lambda: zip_bytes(PLAIN)[:-100], Refused("damaged")),
    "the first part of a zip": archive(lambda: zip_bytes(PLAIN)[:900], Refused("damaged|a part")),
    "something else called a zip": archive(lambda: b"<html>Sign in</html>", Refused("not a zip")),
    "a damaged zip among those of the classes": Input(
        folder(
            {f"{c}.zip": zip_bytes(laid("{n}.png", range(k, 12, 3))) for k, c in enumerate(NAMES)}
            | {"irregular.zip": b"PK"}
        ),
        Refused("irregular.zip.*(again|take it)"),
    ),
    "a damaged zip among those of the splits": Input(
        folder({"train.zip": zip_bytes(laid("{c}/{n}.png")), "test.zip": zip_bytes(PLAIN)[:-50]}),
        Refused("test.zip.*(again|take it)"),
    ),
    "a zip in the class folders": Input(
        folder(PLAIN | {f"{NAMES[0]}/more.zip": zip_bytes({"12.png": 12})}), Right(truth(range(13)))
    ),
    "class folders that are links": Input(linked, Right(ALL, "quarantined 2")),
    "a pipe in a class folder": Input(with_pipe, Right(ALL, "quarantined 1")),
}
