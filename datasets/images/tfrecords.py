"""TFRecord files, read without TensorFlow: records with their places in the file, and the `tf.train.Example` in each.

A record is its length (8 bytes, little-endian), a masked CRC-32C of that (4), the data, and a masked CRC-32C of the
data (4): a damaged label would be a label all the same, and so would pixels that are not encoded. An Example maps
names to lists of bytes, floats or integers (tensorflow/core/example/feature.proto).
"""

import gzip
import zlib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import IO, Any, cast

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format
from google.protobuf.message import DecodeError

from datasets.errors import ImageError, first_line
from datasets.images.embedded import Embedded
from datasets.images.magic import GZIP, HEAD, masked_crc, record_length
from datasets.images.reading import check_size
from datasets.images.scratch import Scratch
from datasets.wording import few

IMAGES = ("image/encoded", "image", "image_raw", "encoded", "img", "jpeg", "jpg", "png", "image_bytes")
"""Usual names of the feature that has the image."""
_SIDES = (
    (("image/height", "height", "rows"), 0),
    (("image/width", "width", "cols"), 0),
    (("image/channels", "image/depth", "depth", "channels"), 1),
)
_MARKS = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF", b"SIMPLE")
"""What image files begin with."""
_FOOT = 4
_EXAMPLE = """
name: "example.proto" package: "galaxies" syntax: "proto3"
message_type {
  name: "Values"
  field { name: "bytes" number: 1 type: TYPE_MESSAGE type_name: ".galaxies.Bytes" oneof_index: 0 }
  field { name: "floats" number: 2 type: TYPE_MESSAGE type_name: ".galaxies.Floats" oneof_index: 0 }
  field { name: "integers" number: 3 type: TYPE_MESSAGE type_name: ".galaxies.Integers" oneof_index: 0 }
  oneof_decl { name: "kind" }
}
message_type { name: "Bytes" field { name: "value" number: 1 type: TYPE_BYTES label: LABEL_REPEATED } }
message_type { name: "Floats" field { name: "value" number: 1 type: TYPE_FLOAT label: LABEL_REPEATED } }
message_type { name: "Integers" field { name: "value" number: 1 type: TYPE_INT64 label: LABEL_REPEATED } }
message_type {
  name: "Features"
  field { name: "feature" number: 1 type: TYPE_MESSAGE type_name: ".galaxies.Features.Entry" label: LABEL_REPEATED }
  nested_type {
    name: "Entry" options { map_entry: true }
    field { name: "key" number: 1 type: TYPE_STRING }
    field { name: "value" number: 2 type: TYPE_MESSAGE type_name: ".galaxies.Values" }
  }
}
message_type { name: "Example" field { name: "features" number: 1 type: TYPE_MESSAGE type_name: ".galaxies.Features" } }
"""
Feature = tuple[bytes, ...] | tuple[float, ...] | tuple[int, ...]


def plain(path: Path, scratch: Scratch) -> Path:
    """Unpack a file that is compressed with gzip into a temporary one. Raises ImageError where it is damaged."""
    try:
        with path.open("rb") as file:
            if file.read(len(GZIP)) != GZIP:
                return path
        with gzip.open(path) as stream:
            return scratch.unpacked(f"{path}, unpacked", cast(IO[bytes], stream))
    except (OSError, EOFError, zlib.error) as error:
        raise ImageError(f"damaged: {first_line(error)}") from error


def examples(
    path: Path, wanted: str | None = None, *, otherwise: str
) -> Iterator[tuple[Mapping[str, Feature], Embedded | ImageError]]:
    """Yield each Example of a TFRecord: its features without the image, and what reads that, or why it cannot be read.

    ``wanted`` is the name of the feature that has the image, where the usual names do not say it, and ``otherwise``
    what a reason says of naming it. Raises ImageError at the first record that is damaged or cut off: the next one
    cannot be found.
    """
    with path.open("rb") as file:
        for start, data, is_whole in _records(file):
            found: dict[str, Feature] = {}
            try:
                if not is_whole:
                    raise ImageError("damaged: its checksum does not fit it")
                found = _features(data)
                name = _image_feature(found, wanted, otherwise)
                image = found.pop(name)[0]
                assert isinstance(image, bytes)
                yield found, Embedded(path, start + data.find(image), len(image), _shape(name, image, found))
            except ImageError as error:
                yield found, error


def _records(file: IO[bytes]) -> Iterator[tuple[int, bytes, bool]]:
    """Yield (where it begins, the data, whether its checksum fits) of each record."""
    place, number = 0, 0
    while head := file.read(HEAD):
        number += 1
        length = record_length(head)
        if length is None:
            raise ImageError(f"damaged or cut off at record {number}: nothing can be found from there on")
        check_size(length)
        data = file.read(length + _FOOT)
        if len(data) < length + _FOOT:
            raise ImageError(f"cut off in record {number}: the file ends before it")
        check = int.from_bytes(data[length:], "little")
        yield place + HEAD, data[:length], check == masked_crc(data[:length])
        place += HEAD + length + _FOOT


def _features(data: bytes) -> dict[str, Feature]:
    """Read the features of an Example; empty lists are passed over. Raises ImageError where it is none."""
    example = _example_class()()
    try:
        example.ParseFromString(data)
    except DecodeError as error:
        raise ImageError("not a tf.train.Example") from error
    read: dict[str, Feature] = {}
    for name, feature in example.features.feature.items():
        kind = feature.WhichOneof("kind")
        if kind is not None and (values := tuple(getattr(feature, kind).value)):
            read[name] = values
    return read


def _image_feature(found: Mapping[str, Feature], wanted: str | None, otherwise: str) -> str:
    """Return the name of the feature that has the image: the one that is wanted, of a usual name, or the only one."""
    names = [name for name, values in found.items() if isinstance(values[0], bytes) and len(values) == 1]
    usual = [wanted] if wanted is not None else [name for name in IMAGES if name in names]
    looking = usual or [name for name in names if found[name][0].startswith(_MARKS)]  # type: ignore[union-attr]
    if len(looking) == 1 and looking[0] in names:
        return looking[0]
    expected = f"one encoded image, '{wanted}'" if wanted is not None else "one encoded image, such as 'image/encoded'"
    seen = few(looking if len(looking) > 1 else sorted(found))
    raise ImageError(f"expected {expected}, found {seen}; {otherwise}")


def _shape(name: str, image: bytes, found: Mapping[str, Feature]) -> tuple[int, int, int] | None:
    """Return the shape of pixels that are not encoded, from the features that state it; None for an image file.

    Raises ImageError where it is neither.
    """
    if image.startswith(_MARKS):
        return None
    shape = [next((found[key][0] for key in keys if key in found), default) for keys, default in _SIDES]
    height, width, colours = (side if isinstance(side, int) else 0 for side in shape)
    if len(image) == height * width * colours and colours in (1, 3):
        return height, width, colours
    raise ImageError(
        f"'{name}' has {len(image):,} bytes that are no image file, and no height, width and depth for them"
    )


@cache
def _example_class() -> Any:
    """Make the class of tf.train.Example, in a pool of its own: TensorFlow's may come later."""
    file = text_format.Parse(_EXAMPLE, descriptor_pb2.FileDescriptorProto())
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("galaxies.Example"))
