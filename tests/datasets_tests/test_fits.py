import gzip
import io

import numpy as np
import pytest
from astropy.io import fits
from astropy.visualization import make_lupton_rgb
from datasets_tests.source_examples import listed_as

from datasets import ImageError, SourceError, Split
from datasets.images.fits_names import by_galaxy, colours
from datasets.images.fits_pixels import composite

BLUE, GREEN, RED = np.random.default_rng(8).random((3, 6, 9)).astype(np.float32) * [[[1]], [[3]], [[5]]]
EXPECTED = make_lupton_rgb(RED, GREEN, BLUE, stretch=5, Q=8)[::-1]


def encoded(*units):
    stream = io.BytesIO()
    fits.HDUList(list(units)).writeto(stream)
    return stream.getvalue()


def unit(data, kind=fits.PrimaryHDU, **header):
    made = kind(np.asarray(data, np.float32))
    made.header.update(header)
    return made


def band(data):
    return encoded(unit(data))


WAYS = {
    "cube without names": [encoded(unit([BLUE, GREEN, RED]))],
    "cube with BANDS": [encoded(unit([RED, BLUE, GREEN], BANDS="zgr"))],
    "cube with BAND0 to BAND2": [encoded(unit([GREEN, RED, BLUE], BAND0="r", BAND1="z", BAND2="g"))],
    "cube of five bands": [encoded(unit([BLUE * 0, BLUE, GREEN, RED, RED * 0], BANDS="ugriz"))],
    "three images": [encoded(fits.PrimaryHDU(), *(unit(data, fits.ImageHDU) for data in (BLUE, GREEN, RED)))],
    "three named images": [
        encoded(
            fits.PrimaryHDU(),
            unit(RED, fits.ImageHDU, EXTNAME="I"),
            unit(BLUE, fits.ImageHDU, FILTER="g"),
            unit(GREEN, fits.ImageHDU, BAND="r"),
        )
    ],
    "three files": [band(BLUE), band(GREEN), band(RED)],
    "gzipped": [gzip.compress(encoded(unit([BLUE, GREEN, RED])))],
    "compressed tiles": [
        encoded(
            fits.PrimaryHDU(),
            *(fits.CompImageHDU(data, compression_type="GZIP_2", quantize_level=0) for data in (BLUE, GREEN, RED)),
        )
    ],
}


@pytest.mark.parametrize("way", WAYS)
def test_bands_are_composed_as_astropy_does_the_longest_wavelength_red_the_first_row_below(way):
    pixels = composite(WAYS[way])
    assert pixels.dtype == np.uint8
    assert np.array_equal(pixels, EXPECTED)


def test_pixels_without_a_value_are_black():
    holed = [np.where(np.arange(9) == 4, np.nan, data) for data in (BLUE, GREEN, RED)]
    assert composite([band(data) for data in holed])[:, 4].max() == 0


BAD = {
    "empty file": ([b""], "empty file"),
    "no fits": ([b"GIF89a"], "not a FITS file"),
    "one band": ([band(RED)], "1 bands: expected 3"),
    "two bands": ([encoded(unit([RED, BLUE]))], "2 bands: expected 3"),
    "five nameless bands": ([encoded(unit([RED] * 5))], "5 bands: expected 3"),
    "no image": ([encoded(fits.PrimaryHDU())], "0 bands"),
    "cubes for bands": ([encoded(unit([RED, BLUE]))] * 3, "2 bands in a file of a single one"),
    "sizes": ([band(RED), band(RED), band(RED[1:])], r"bands of different sizes: \(6, 9\), \(6, 9\), \(5, 9\)"),
    "truncated": ([encoded(unit(np.ones((3, 90, 90))))[:9000]], "damaged FITS file"),
    "half a gzip": (
        [gzip.compress(encoded(unit(np.random.default_rng(1).random((3, 90, 90)))))[:9000]],
        "damaged FITS",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_with_a_file_is_one_line(name):
    files, line = BAD[name]
    with pytest.raises(ImageError, match=f"^{line}") as caught:
        composite(files)
    assert "\n" not in str(caught.value)


def test_a_header_that_promises_more_than_the_file_has_is_refused_without_the_memory():
    header = fits.Header([("SIMPLE", True), ("BITPIX", -32), ("NAXIS", 2), ("NAXIS1", 60_000), ("NAXIS2", 60_000)])
    with pytest.raises(ImageError, match=r"^damaged FITS file: File may have been truncated"):
        composite([header.tostring(endcard=True, padding=True).encode() + bytes(2880)])


def test_an_image_of_too_many_pixels_is_refused_by_its_header(monkeypatch):
    monkeypatch.setattr("datasets.images.fits_pixels.MAX_PIXELS", 3 * 6 * 9 - 1)
    with pytest.raises(ImageError, match=r"^too large: \(3, 6, 9\) pixels"):
        composite([encoded(unit([BLUE, GREEN, RED]))])


def test_a_bomb_is_not_unpacked(monkeypatch):
    monkeypatch.setattr("datasets.images.fits_pixels.MAX_BYTES", 10_000)
    with pytest.raises(ImageError, match=r"^too large: at most"):
        composite([gzip.compress(bytes(20_000))])


def test_files_that_differ_in_the_band_alone_are_of_one_galaxy():
    names = [
        "a/g7_g.fits",
        "a/g7_r.fits",
        "a/g7_i.fits",
        "a/frame-g-12.fits",
        "a/frame-z-12.fits",
        "a/g8_r.fits",
        "b/x.fits",
    ]
    assert by_galaxy(names) == {
        "a/g7_*.fits": {"g": "a/g7_g.fits", "r": "a/g7_r.fits", "i": "a/g7_i.fits"},
        "a/frame-*-12.fits": {"g": "a/frame-g-12.fits", "z": "a/frame-z-12.fits"},
        "a/g8_r.fits": {"": "a/g8_r.fits"},
        "b/x.fits": {"": "b/x.fits"},
    }


def test_colours_go_by_wavelength_and_of_many_bands_sdss_own_are_chosen():
    assert colours(["z", "g", "r"]) == ("g", "r", "z")
    assert colours(["u", "g", "r", "i", "z"]) == ("g", "r", "i")
    assert colours(["g", "r", "z", "y"]) == ("g", "r", "z")
    assert colours(["g", "r"]) is None
    assert colours(["", "", ""]) is None


def test_splits_bands_and_other_files_in_folders(tmp_path):
    cube = encoded(unit([BLUE, GREEN, RED]))
    for name in ("train/a/1", "train/b/1", "test/a/2", "test/b/2"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{name}.fits").write_bytes(cube)
    for name in ("train/a/3_g.fits", "train/a/3_r.fits", "train/a/notes.txt"):
        (tmp_path / name).write_bytes(band(RED))
    listing = listed_as("fits", tmp_path)
    assert {item.id: item.split for item in listing.items} == {
        "train/a/1.fits": Split.TRAIN,
        "train/b/1.fits": Split.TRAIN,
        "test/a/2.fits": Split.TEST,
        "test/b/2.fits": Split.TEST,
    }
    assert listing.rejected == (("train/a/3_*.fits", "the bands g, r: expected three, or g, r and i"),)
    assert listing.left_out == 1


def test_folders_without_a_fits_file(make_source):
    with pytest.raises(SourceError, match=r"found no FITS file in any folder$"):
        listed_as("fits", make_source(a=2, b=2))
