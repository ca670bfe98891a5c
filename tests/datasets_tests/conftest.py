"""Image files and small sources for the tests of datasets."""

import io
import struct
import subprocess
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Encode = Callable[..., bytes]
MakeSource = Callable[..., Path]


@pytest.fixture(scope="session")
def encode() -> Encode:
    """Encode a Pillow image, or pixels, as a file of a format (PNG unless said)."""

    def encoded(image: Image.Image | np.ndarray, file_format: str = "PNG", **options: object) -> bytes:
        stream = io.BytesIO()
        picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
        picture.save(stream, format=file_format, **options)
        return stream.getvalue()

    return encoded


@pytest.fixture
def noise() -> np.ndarray:
    """Pixels that differ everywhere: uint8, (48, 64, 3)."""
    return np.random.default_rng(3).integers(0, 256, (48, 64, 3), dtype=np.uint8)


@pytest.fixture
def galaxy() -> Image.Image:
    """A smooth blob off the centre, 48 × 64 pixels, so that orientation and scale show."""
    y, x = np.mgrid[:48, :64]
    light = np.exp(-(((x - 20) / 14) ** 2) - ((y - 30) / 8) ** 2)
    return Image.fromarray((light[..., np.newaxis] * (250, 180, 90)).astype(np.uint8))


@pytest.fixture(scope="session")
def huge_png() -> Callable[[int, int], bytes]:
    """A PNG whose header promises many pixels, and nothing behind it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    def make(width: int, height: int) -> bytes:
        header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")

    return make


@pytest.fixture
def make_source(tmp_path: Path, encode: Encode) -> MakeSource:
    """Make a folder of class folders of 8 × 8 PNGs: ``make_source(round=5, spiral=3)``."""

    def make(name: str = "source", **counts: int) -> Path:
        folder = tmp_path / name
        generator = np.random.default_rng(11)
        for label, count in counts.items():
            (folder / label).mkdir(parents=True)
            for number in range(count):
                pixels = generator.integers(0, 256, (8, 8, 3), dtype=np.uint8)
                (folder / label / f"{number}.png").write_bytes(encode(pixels))
        return folder

    return make


@pytest.fixture
def zipped(tmp_path: Path) -> Callable[..., Path]:
    """Zip a folder, below ``prefix``, with further members by name."""

    def make(folder: Path | None, *, prefix: str = "", extra: dict[str, bytes] | None = None) -> Path:
        path = tmp_path / "source.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for file in sorted(folder.rglob("*")) if folder else ():
                archive.write(file, prefix + file.relative_to(folder).as_posix())
            for name, data in (extra or {}).items():
                archive.writestr(name, data)
        return path

    return make


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mount a disk of some KiB, once a test: ``small_disk(48)`` is its folder. Skipped where we may not mount."""
    folder = tmp_path / "small-disk"

    def mounted(kibibytes: int) -> Path:
        if not folder.exists():
            folder.mkdir()
            command = ["mount", "-t", "tmpfs", "-o", f"size={kibibytes}k", "tmpfs", str(folder)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                folder.rmdir()
                pytest.skip(f"needs the right to mount a small disk: {done.stderr.strip()}")
        return folder

    yield mounted
    if folder.is_mount():
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
