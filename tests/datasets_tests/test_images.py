import io
import struct
import subprocess
import sys
import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from datasets import ImageError, decode
from datasets.errors import first_line
from datasets.images.preparing import MAX_PIXELS


def lanczos(image, box, size):
    return np.asarray(image.resize((size, size), Image.Resampling.LANCZOS, box=box))


def test_pixels_pass_unchanged_at_their_own_size(encode, noise):
    square = noise[:, :48]
    decoded = decode(encode(square), crop=1.0, image_size=48)
    assert np.array_equal(decoded.pixels, square)
    assert decoded.pixels.dtype == np.uint8
    assert decoded.source_size == (48, 48)
    assert decoded.notes == ()


def test_the_central_square_of_the_shorter_side_is_resampled(encode, galaxy):
    whole = decode(encode(galaxy), crop=1.0, image_size=16)
    half = decode(encode(galaxy), crop=0.5, image_size=16)
    assert whole.source_size == half.source_size == (48, 64)
    assert np.array_equal(whole.pixels, lanczos(galaxy, (8, 0, 56, 48), 16))
    assert np.array_equal(half.pixels, lanczos(galaxy, (20, 12, 44, 36), 16))


def test_a_small_image_is_enlarged(encode, galaxy):
    assert decode(encode(galaxy), crop=0.25, image_size=64).pixels.shape == (64, 64, 3)
    enlarged = decode(encode(np.uint8([[[9] * 3, [90] * 3]])), crop=1.0, image_size=8)
    assert enlarged.pixels.shape == (8, 8, 3)


@pytest.mark.parametrize("size", [(232, 232), (231, 301), (424, 300), (1001, 999)])
def test_a_jpeg_decoded_at_a_fraction_of_its_size_looks_the_same(encode, size):
    """The reduced decoding must neither shift nor scale nor brighten the image."""
    generator = np.random.default_rng(5)
    rough = Image.fromarray(generator.integers(0, 256, (12, 12, 3), dtype=np.uint8))
    data = encode(rough.resize(size, Image.Resampling.BICUBIC), "JPEG", quality=95)
    width, height = size
    side = 0.8 * min(size)
    box = ((width - side) / 2, (height - side) / 2, (width + side) / 2, (height + side) / 2)
    expected = lanczos(Image.open(io.BytesIO(data)), box, 48).astype(float)
    found = decode(data, crop=0.8, image_size=48)
    assert found.source_size == (height, width)
    difference = found.pixels - expected
    assert abs(difference.mean()) < 0.2
    assert np.sqrt((difference**2).mean()) < 1


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_the_orientation_that_a_camera_noted_is_honoured(encode, galaxy, orientation, file_format):
    turns = Image.Transpose
    undo = [None, turns.FLIP_LEFT_RIGHT, turns.ROTATE_180, turns.FLIP_TOP_BOTTOM, turns.TRANSPOSE]
    undo += [turns.ROTATE_90, turns.TRANSVERSE, turns.ROTATE_270]
    turned = galaxy if orientation == 1 else galaxy.transpose(undo[orientation - 1])
    exif = Image.Exif()
    exif[0x0112] = orientation
    decoded = decode(encode(turned, file_format, exif=exif, quality=95), crop=1.0, image_size=16)
    assert decoded.source_size == (48, 64)
    expected = decode(encode(galaxy), crop=1.0, image_size=16).pixels
    assert np.abs(decoded.pixels.astype(int) - expected).mean() < 4


def test_notes_that_cannot_be_written_again_do_not_cost_the_image(encode, galaxy):
    turned, word = struct.pack("<HHII", 0x112, 3, 1, 6), struct.pack("<HHI4s", 0x11A, 2, 4, b"abc")  # for a resolution
    odd = b"Exif\0\0II*\0\x08\0\0\0\2\0" + turned + word + bytes(4)
    assert decode(encode(galaxy, "JPEG", exif=odd), crop=1.0, image_size=8).source_size == (64, 48)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data:UserWarning")
@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0garbage",
        b"Exif\0\0II*\0\x08\0\0\0\x09\0\x12\x01",
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x04\0\0\0abc\0\0\0\0\0",
    ],
    ids=["no EXIF at all", "cut short", "a word for the orientation"],
)
@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP"])
def test_damaged_notes_of_the_camera_do_not_cost_the_image(encode, galaxy, exif, file_format):
    assert decode(encode(galaxy, file_format, exif=exif), crop=1.0, image_size=8).source_size == (48, 64)


@pytest.mark.parametrize(
    ("mode", "file_format", "notes"),
    [
        ("1", "PNG", ("grey image: no colour to go by",)),
        ("L", "JPEG", ("grey image: no colour to go by",)),
        ("L", "TIFF", ("grey image: no colour to go by",)),
        ("LA", "PNG", ("grey image: no colour to go by",)),
        ("P", "GIF", ("palette image: colours are rounded",)),
        ("CMYK", "JPEG", ("CMYK image: colours were changed for print",)),
        ("RGBA", "PNG", ()),
        ("RGBA", "WEBP", ()),
        ("RGB", "BMP", ()),
    ],
)
def test_other_kinds_of_images_become_rgb_with_a_note(encode, galaxy, mode, file_format, notes):
    decoded = decode(encode(galaxy.convert(mode), file_format), crop=1.0, image_size=16)
    assert decoded.notes == notes
    reference = galaxy.convert(mode).convert("RGB") if mode in {"1", "L", "LA"} else galaxy
    expected = lanczos(reference, (8, 0, 56, 48), 16)
    assert np.abs(decoded.pixels.astype(int) - expected).mean() < 8


def test_transparent_parts_become_black(encode):
    image = Image.new("RGBA", (8, 8), (200, 100, 50, 0))
    image.paste((200, 100, 50, 255), (0, 0, 8, 4))
    decoded = decode(encode(image), crop=1.0, image_size=8)
    assert decoded.notes == ("image with a transparency layer: laid over black",)
    pixels = decoded.pixels
    assert pixels[0, 0].tolist() == [200, 100, 50]
    assert pixels[7, 7].tolist() == [0, 0, 0]


def test_a_transparent_colour_of_a_palette_becomes_black_without_a_warning(encode, galaxy):
    palette = galaxy.quantize(16)
    for transparency in (0, bytes([0, 128, 255])):
        decoded = decode(encode(palette, transparency=transparency), crop=1.0, image_size=16)
        assert decoded.notes[1] == "image with a transparency layer: laid over black"


@pytest.mark.parametrize(
    ("level", "noise", "shade"),
    [(0, 0, "black"), (0, 2, "black"), (255, 0, "white"), (255, 2, "white"), (90, 0, r"about \(90, 90, 90\)")],
)
@pytest.mark.parametrize("file_format", ["PNG", "JPEG"])
def test_an_image_of_one_shade_is_nothing_to_see(encode, level, noise, shade, file_format):
    pixels = np.clip(np.random.default_rng(1).normal(level, noise, (64, 64, 3)), 0, 255).astype(np.uint8)
    for content in (encode(pixels, file_format), pixels):
        with pytest.raises(ImageError, match=f"^nothing to see: every pixel is {shade}$"):
            decode(content, crop=1.0, image_size=32)


@pytest.mark.parametrize("file_format", ["PNG", "JPEG"])
def test_a_very_dark_galaxy_is_something_to_see(encode, galaxy, file_format):
    dark = (np.asarray(galaxy) / 25).astype(np.uint8)
    assert decode(encode(dark, file_format), crop=1.0, image_size=32).pixels.max() <= 12


def test_a_photograph_with_a_preview_behind_it_is_no_animation(encode, galaxy):
    data = encode(galaxy, "MPO", save_all=True, append_images=[galaxy.resize((8, 8))])
    assert decode(data, crop=1.0, image_size=16).source_size == (48, 64)


def test_an_empty_file_and_a_file_that_is_no_image():
    with pytest.raises(ImageError, match=r"^empty file$"):
        decode(b"", crop=1.0, image_size=8)
    with pytest.raises(ImageError, match=r"^not an image, or none that can be read: expected an 8-bit JPEG, PNG"):
        decode(b"Once upon a time" * 20, crop=1.0, image_size=8)


def test_postscript_is_not_run(encode, galaxy):
    with pytest.raises(ImageError, match=r"^not an image"):
        decode(encode(galaxy, "EPS"), crop=1.0, image_size=8)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "BMP", "TIFF"])
@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9])
def test_a_truncated_file_is_said_to_be(encode, noise, file_format, keep):
    data = encode(noise, file_format)
    with pytest.raises(ImageError, match=r"^truncated: the file ends before the image does$"):
        decode(data[: int(keep * len(data))], crop=1.0, image_size=8)


def test_damage_within_a_file_is_one_line(encode, noise):
    data = bytearray(encode(noise, "WEBP"))
    with pytest.raises(ImageError) as caught:
        decode(bytes(data[: len(data) // 2]), crop=1.0, image_size=8)
    assert str(caught.value).startswith(("damaged: ", "truncated: "))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("file_format", ["GIF", "PNG", "WEBP", "TIFF"])
def test_an_animated_image_is_refused(encode, galaxy, file_format):
    data = encode(galaxy, file_format, save_all=True, append_images=[galaxy.rotate(90)])
    with pytest.raises(ImageError, match=r"^animated, or of several pages: save one picture of it"):
        decode(data, crop=1.0, image_size=8)


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("channels", [1, 3])
def test_sixteen_bits_a_channel_are_refused(suffix, channels):
    pixels = np.random.default_rng(1).integers(0, 2**16, (12, 12, channels), dtype=np.uint16)
    with pytest.raises(ImageError, match=r"^more than 8 bits a channel: .* stretch it to 8 bits"):
        decode(cv2.imencode(suffix, pixels)[1].tobytes(), crop=1.0, image_size=8)


@pytest.mark.parametrize("bits", [8, 16])
def test_sixteen_bits_are_refused_where_the_bands_of_a_tiff_lie_one_behind_the_other(encode, bits):
    pixels = np.random.default_rng(1).integers(0, 2**bits, (12, 12, 3)).astype(f"u{bits // 8}")
    small = {256: [12], 257: [12], 258: [bits] * 3, 259: [1], 262: [2], 277: [3], 278: [12], 284: [2]}
    plane, start = 144 * bits // 8, 8 + 2 + 12 * 10 + 4
    tags = small | {273: [start + 30 + plane * band for band in range(3)], 279: [plane] * 3}  # TIFF 6.0, section 8
    longs, head = {273, 279}, struct.pack("<2sHIH", b"II", 42, 8, len(tags))
    beside = b""
    for tag, values in sorted(tags.items()):
        packed = struct.pack(f"<{len(values)}{'I' if tag in longs else 'H'}", *values)
        if len(packed) > 4:
            packed, beside = struct.pack("<I", start + len(beside)), beside + packed
        head += struct.pack("<HHI4s", tag, 4 if tag in longs else 3, len(values), packed)
    data = head + bytes(4) + beside + np.moveaxis(pixels, 2, 0).astype(f"<u{bits // 8}").tobytes()
    if bits == 8:
        assert np.array_equal(decode(data, crop=1.0, image_size=12).pixels, pixels)
    else:
        with pytest.raises(ImageError, match=r"^more than 8 bits a channel: .* stretch it to 8 bits"):
            decode(data, crop=1.0, image_size=8)


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_floats_and_long_integers_are_refused(encode, dtype):
    with pytest.raises(ImageError, match=r"^more than 8 bits a channel"):
        decode(encode(np.zeros((12, 12), dtype), "TIFF"), crop=1.0, image_size=8)


@pytest.mark.parametrize("size", [(8001, 8000), (9600, 9500), (20000, 10000), (2**31 - 1, 2**31 - 1)])
@pytest.mark.parametrize("action", ["error", "ignore"])
def test_a_huge_header_is_refused_before_anything_is_decoded(huge_png, size, action):
    with warnings.catch_warnings():
        warnings.simplefilter(action)
        with pytest.raises(ImageError, match=r"^too large: .*at most 64 megapixels can be used$"):
            decode(huge_png(*size), crop=1.0, image_size=8)
    assert MAX_PIXELS == 64_000_000


def test_no_warning_of_pillow_leaks(encode, galaxy, huge_png, tmp_path):
    (tmp_path / "huge.png").write_bytes(huge_png(9600, 9500))
    (tmp_path / "odd.jpg").write_bytes(encode(galaxy, "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\x09\0\x12\x01"))
    code = (
        "import sys, pathlib; from datasets import ImageError, decode\n"
        "for path in sys.argv[1:]:\n"
        "    try: print(decode(pathlib.Path(path).read_bytes(), crop=1.0, image_size=8).source_size)\n"
        "    except ImageError as error: print(error)"
    )
    command = [sys.executable, "-c", code, tmp_path / "huge.png", tmp_path / "odd.jpg"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    assert shown.stdout == "too large: at most 64 megapixels can be used\n(48, 64)\n"
    assert shown.stderr == ""


def test_a_crop_of_the_whole_survey_image_equals_the_cropped_one(encode):
    """As the real data: a lossless central crop, and the original with the crop that makes up for it."""
    generator = np.random.default_rng(9)
    large = np.asarray(Image.fromarray(generator.integers(0, 256, (53, 53, 3), dtype=np.uint8)).resize((424, 424)))
    cropped = large[96:328, 96:328]
    whole = decode(encode(large), crop=232 / 424, image_size=64).pixels[2:-2, 2:-2]
    part = decode(encode(cropped), crop=1.0, image_size=64).pixels[2:-2, 2:-2]
    assert np.abs(whole.astype(int) - part).max() <= 1


def test_uploads_can_be_decoded(real_data: Path):
    uploads = sorted((real_data / "uploads").iterdir())
    decoded = [decode(path.read_bytes(), crop=0.547, image_size=64) for path in uploads]
    assert {image.source_size for image in decoded} == {(424, 424), (256, 256)}


@pytest.mark.parametrize("said", ["", " ", "\n", "\n what \n else"])
def test_an_error_that_says_nothing_is_called_by_its_type(said):
    assert first_line(ValueError(said)) == ("what " if "what" in said else "ValueError")
