"""What strangers may upload: a small real file of every kind that is taken, mutations of them, and named attacks."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
from astropy.io import fits
from datasets_tests.fits_files import encoded, galaxy, unit
from datasets_tests.source_examples import tfrecord
from PIL import ExifTags, Image

SIDE = 24


@cache
def pixels(seed: int = 0) -> np.ndarray:
    """A blob on noise, uint8 (SIDE, SIDE, 3)."""
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    light = np.exp(-np.hypot(x, y * 1.5) / 4)[..., np.newaxis] * (250, 190, 120)
    return np.clip(light + np.random.default_rng(seed).normal(12, 4, light.shape), 0, 255).astype(np.uint8)


@cache
def picture(file_format: str, seed: int = 0, mode: str = "RGB") -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels(seed)).convert(mode).save(stream, file_format)
    return stream.getvalue()


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def tarred(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return stream.getvalue()


def saved(write: Callable[[Path], object]) -> bytes:
    """Return what is written to a path."""
    with TemporaryDirectory() as folder:
        write(Path(folder) / "file")
        return (Path(folder) / "file").read_bytes()


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def npz(**arrays: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def hdf5(**arrays: np.ndarray) -> bytes:
    def write(path: Path) -> None:
        with h5py.File(path, "w") as file:
            for name, array in arrays.items():
                file[name] = array

    return saved(write)


@cache
def good() -> dict[str, bytes]:
    """A small file of every kind that is taken, by its name: each holds at least one image that can be used."""
    jpeg, png, stack = picture("JPEG"), picture("PNG"), np.stack([pixels(0), pixels(1)])
    light = galaxy(1, side=SIDE)
    sky = encoded(unit(light))
    table = pa.table({"image": [jpeg, png], "id": [1, 2]})
    record = tfrecord(("image/encoded", jpeg), ("label", 1))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    turned = io.BytesIO()
    Image.fromarray(pixels()).save(turned, "JPEG", exif=exif)
    return {
        "a.jpg": jpeg,
        "turned.jpg": turned.getvalue(),
        "a.png": png,
        "palette.png": picture("PNG", mode="P"),
        "clear.png": picture("PNG", mode="RGBA"),
        "a.gif": picture("GIF"),
        "a.tif": picture("TIFF"),
        "a.bmp": picture("BMP"),
        "a.webp": picture("WEBP"),
        "a.fits": sky,
        "a.fits.gz": gzip.compress(sky, mtime=0),
        "a.fits.bz2": bz2.compress(sky),
        "a.fits.fz": encoded(fits.PrimaryHDU(), fits.CompImageHDU(light[0], compression_type="RICE_1")),
        "a.zip": zipped({"dir/a.jpg": jpeg, "b.png": png}),
        "stored.zip": zipped({"a.jpg": jpeg, "b.fits": sky}, zipfile.ZIP_STORED),
        "nested.zip": zipped({"in.zip": zipped({"a.jpg": jpeg}), "in.tar": tarred({"b.png": png})}),
        "a.tar": tarred({"dir/a.jpg": jpeg, "b.png": png}),
        "a.tar.gz": gzip.compress(tarred({"a.jpg": jpeg}), mtime=0),
        "a.tar.bz2": bz2.compress(tarred({"a.jpg": jpeg})),
        "a.tar.xz": lzma.compress(tarred({"a.jpg": jpeg})),
        "a.npy": npy(stack),
        "floats.npy": npy(stack.astype(np.float32) / 255),
        "a.npz": npz(images=stack, labels=np.arange(2)),
        "a.h5": hdf5(images=stack, labels=np.arange(2)),
        "a.parquet": saved(lambda path: pq.write_table(table, path)),
        "a.feather": saved(lambda path: feather.write_feather(table, str(path), compression="uncompressed")),
        "a.tfrecord": record + record,
        "a.tfrecord.gz": gzip.compress(record, mtime=0),
    }


NAMED = "path,ra\na.jpg,1.5\nb.png,2.5\n"
"""A table that names images, and holds none."""


def mutations(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield (name, content): real files of every kind in turn, changed at random; some have another one's name."""
    files = good() | {"a.csv": NAMED.encode()}
    names = sorted(files)
    for number in range(count):
        generator = np.random.default_rng((seed, number))
        name = names[number % len(names)]
        data = bytearray(files[name])
        for _ in range(generator.integers(1, 5)):
            data = _changed(data, generator, files[names[generator.integers(len(names))]])
        called = names[generator.integers(len(names))] if generator.random() < 0.1 else name
        yield called, bytes(data)


def _changed(data: bytearray, generator: np.random.Generator, other: bytes) -> bytearray:
    """Change bytes in one of the ways that damage and attacks have."""
    size = max(len(data), 1)
    # What stands in headers decides more than what stands behind: half of the changes are there.
    place = int(generator.integers(min(size, 512) if generator.random() < 0.5 else size))
    kind = generator.integers(8)
    if kind == 0:
        data[place : place + 1] = bytes([int(generator.integers(256))])
    elif kind == 1:
        del data[place:]
    elif kind == 2:
        extreme = generator.choice([0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF])
        data[place : place + 4] = struct.pack("<I" if generator.random() < 0.5 else ">I", int(extreme))
    elif kind == 3:
        data[place : place + 8] = generator.bytes(8)
    elif kind == 4:
        part = bytes(data[place : place + int(generator.integers(1, 200))])
        data[place:place] = part * int(generator.integers(1, 20))
    elif kind == 5:
        del data[place : place + int(generator.integers(1, 100))]
    elif kind == 6:
        data[place:place] = other[: int(generator.integers(1, len(other) + 1))]
    else:
        digits = [at for at in range(min(size, 20_000)) if 48 <= data[at] <= 57] if data else []
        if digits:
            data[digits[int(generator.integers(len(digits)))]] = int(generator.integers(48, 58))
    return data


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises many pixels, and has nothing behind it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def fits_header(*axes: int) -> bytes:
    """A FITS file that promises many pixels, and has nothing behind it."""
    cards = ["SIMPLE  =                    T", "BITPIX  =                  -32", f"NAXIS   = {len(axes):20d}"]
    cards += [f"NAXIS{number:<3d}= {axis:20d}" for number, axis in enumerate(axes, 1)] + ["END"]
    return "".join(card.ljust(80) for card in cards).ljust(2880).encode()


@cache
def zeros(size: int) -> bytes:
    """So many zeros as a gzip file, made without having them in memory."""
    packer = zlib.compressobj(1, wbits=31)
    block = bytes(2**20)
    return b"".join([*(packer.compress(block) for _ in range(size // 2**20)), packer.flush()])


def zip_of_zeros(name: str, size: int) -> bytes:
    """A zip with one file of so many zeros."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w") as member:
        for _ in range(size // 2**20):
            member.write(bytes(2**20))
    return stream.getvalue()


def quine_of_zips(depth: int) -> bytes:
    """Zips in zips, deeper than anybody packs them."""
    data = zipped({"a.jpg": picture("JPEG")})
    for level in range(depth):
        data = zipped({f"{level}.zip": data})
    return data


def with_exif(text: str) -> bytes:
    """A good JPEG whose camera's notes are a text."""
    exif, stream = Image.Exif(), io.BytesIO()
    for tag in (ExifTags.Base.ImageDescription, ExifTags.Base.Artist, ExifTags.Base.Copyright):
        exif[tag] = text
    Image.fromarray(pixels()).save(stream, "JPEG", exif=exif)
    return stream.getvalue()


def animated() -> bytes:
    stream = io.BytesIO()
    frames = [Image.fromarray(pixels(seed)) for seed in range(3)]
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:])
    return stream.getvalue()


def external_hdf5(path: str) -> bytes:
    """An HDF5 file whose array is kept in another file of the server."""

    def write(file: Path) -> None:
        with h5py.File(file, "w") as made:
            made.create_dataset("images", (2, 8, 8, 3), "u1", external=[(path, 0, 384)])

    return saved(write)


def votable_elsewhere(uri: str, kind: str = "BINARY") -> bytes:
    """A VOTable of bytes that are those of a file of the server, or what a machine answers that it reaches."""
    data = f"<{kind}><STREAM href='{uri}'/></{kind.partition(' ')[0]}>"
    field = "<FIELD name='path' datatype='unsignedByte'/>"
    table = f"<RESOURCE><TABLE>{field}<DATA>{data}</DATA></TABLE></RESOURCE>"
    return f"<?xml version='1.0'?><VOTABLE version='1.3'>{table}</VOTABLE>".encode()


def hdf5_of_promises(*shape: int) -> bytes:
    """An HDF5 file of pixels none of which is there: they are read as zeros."""

    def write(path: Path) -> None:
        with h5py.File(path, "w") as file:
            file.create_dataset("images", shape, "u1", chunks=(1, 100, 100, 3))

    return saved(write)


SCRIPT = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
Attack = tuple[str, Callable[[], bytes], str | None]
GIB = 2**30
ATTACKS: dict[str, Attack] = {
    "pixel bomb": ("a.png", lambda: png_header(60_000, 60_000), r"too large: .*megapixels"),
    "pixel bomb in a zip": ("a.zip", lambda: zipped({"a.png": png_header(2**20, 2**20)}), r"too large"),
    "zip bomb": ("a.zip", lambda: zip_of_zeros("a.jpg", 300 * 2**20), r"too large: 300 MiB, at most 256 MiB are read"),
    "zip bomb of an archive": ("a.zip", lambda: zip_of_zeros("in.tar", 100 * 2**20), r"unpacked it has more than"),
    "nested zips": ("a.zip", lambda: quine_of_zips(6), r"an archive too deep in others"),
    "1 GB of zeros as FITS": ("a.fits.gz", lambda: zeros(GIB), r"too large: unpacked it has more than 256 MiB"),
    "1 GB of zeros as a tar": ("a.tar.gz", lambda: zeros(GIB), r"unpacked it has more than"),
    "1 GB of zeros as a TFRecord": ("a.tfrecord.gz", lambda: zeros(GIB), r"unpacked it has more than"),
    "zeros": ("a.jpg", lambda: bytes(2**20), r"not an image"),
    "FITS with huge axes": ("a.fits", lambda: fits_header(2**20, 2**20), r"truncated"),
    "FITS with axes beyond 64 bits": ("a.fits", lambda: fits_header(2**40, 2**40), r"too large"),
    "array with huge axes": (
        "a.npy",
        lambda: npy(np.zeros((1, 8, 8, 3), np.uint8)).replace(b"(1, 8, 8, 3)", b"(9999999, 8, 8, 3)".ljust(12)[:18]),
        r"cut off: it promises .* and ends before",
    ),
    "name that leaves the archive": ("a.zip", lambda: zipped({"../../evil.jpg": picture("JPEG")}), r"path leaves"),
    "name that leaves a tar": ("a.tar", lambda: tarred({"../../evil.jpg": picture("JPEG")}), r"path leaves"),
    "polyglot of JPEG and zip": ("a.jpg", lambda: picture("JPEG") + zipped({"b.jpg": picture("JPEG")}), None),
    "polyglot of GIF and script": ("a.gif", lambda: b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)", r"not an image"),
    "truncated JPEG": ("a.jpg", lambda: picture("JPEG")[:-200], r"truncated"),
    "truncated zip": ("a.zip", lambda: zipped({"a.jpg": picture("JPEG")})[:-30], r"not a zip, or a damaged one"),
    "truncated FITS": ("a.fits", lambda: encoded(unit(galaxy(1)))[:-4000], r"truncated|damaged"),
    "SVG with script": ("a.svg", lambda: SCRIPT, r"not an image"),
    "SVG that says it is a JPEG": ("a.jpg", lambda: SCRIPT, r"not an image"),
    "EXIF full of HTML": ("a.jpg", lambda: with_exif("<script>alert(1)</script>" * 500), None),
    "16 bits": ("a.png", lambda: _sixteen(), r"more than 8 bits"),
    "CMYK": ("a.jpg", lambda: picture("JPEG", mode="CMYK"), None),
    "animated": ("a.gif", animated, r"animated"),
    "NaN": ("a.fits", lambda: encoded(unit(np.full((9, 9), np.nan))), r"nothing to see: no pixel has a value"),
    "NaN in an array": ("a.npy", lambda: npy(np.full((2, 9, 9), np.nan)), r"not numbers"),
    "pickle in an array": ("a.npy", lambda: saved(lambda p: _pickled(p)), r"Python objects"),
    "HDF5 kept in a server's file": ("a.h5", lambda: external_hdf5("/etc/passwd"), r"kept in other files"),
    "VOTable kept in a server's file": ("a.vot", lambda: votable_elsewhere("file:///etc/passwd"), r"lie elsewhere"),
    "HDF5 with huge images": (
        "a.h5",
        lambda: hdf5_of_promises(1, 9000, 9000, 3),
        r"^images too large: images of 9000 × 9000 pixels, at most 64 megapixels",
    ),
    "zip packed by bzip2": (
        "a.zip",
        lambda: zipped({"a.jpg": bytes(2**26)}, zipfile.ZIP_BZIP2),
        r"packed in a way that is not read here",
    ),
    "NPZ packed by bzip2": (
        "a.npz",
        lambda: zipped({"images.npy": npy(np.zeros((1, 8, 8, 3), np.uint8))}, zipfile.ZIP_BZIP2),
        r"packed in a way that is not read here",
    ),
    "PostScript": ("a.jpg", lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n", r"not an image"),
    "Arrow file of cells beyond its end": ("a.feather", lambda: _beyond(), r"the table is damaged: .* out of bounds"),
    "empty": ("a.jpg", lambda: b"", r"empty file"),
    "black": ("a.png", lambda: _black(), r"nothing to see"),
}
"""By what each is: (name, what makes it, what its sender is told); None: it is answered as any other image."""


def _beyond() -> bytes:
    jpeg, png = len(picture("JPEG")), len(picture("PNG"))
    offsets = struct.pack("<3i", 0, jpeg, jpeg + png)
    assert offsets in good()["a.feather"]
    return good()["a.feather"].replace(offsets, struct.pack("<3i", 0, 2**30, 2**30 + 9))


def _sixteen() -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.arange(81, dtype=np.uint16).reshape(9, 9) * 500).save(stream, "PNG")
    return stream.getvalue()


def _black() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (9, 9)).save(stream, "PNG")
    return stream.getvalue()


def _pickled(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.array([{"a": 1}], object), allow_pickle=True)
