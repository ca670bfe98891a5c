"""FITS files → bands: which images of a file are of the sky, in which bands, and which pixels are bad."""

import bz2
import gzip

import numpy as np
import pytest
from astropy.io import fits
from datasets_tests.fits_files import band, encoded, unit
from datasets_tests.source_examples import listed_as

from datasets import ImageError, SourceError, Split, decode
from datasets.images.fits.bad_pixels import mended
from datasets.images.fits.magnitudes import TURNED
from datasets.images.fits.names import by_galaxy, is_fits
from datasets.images.fits.passbands import band_in, by_wavelength, choose
from datasets.images.fits.pixels import bands_of
from datasets.images.fits.units import UNUSED_FLAGS
from datasets.sources.options import SourceOptions

BLUE, GREEN, RED = (np.random.default_rng(8).random((3, 6, 9)) * [[[1]], [[3]], [[5]]]).astype(np.float32)
IMAGE = fits.ImageHDU

WAYS = {
    "cube without names": [encoded(unit([BLUE, GREEN, RED]))],
    "cube with BANDS": [encoded(unit([RED, BLUE, GREEN], BANDS="zgr"))],
    "cube with BANDS in words": [encoded(unit([RED, BLUE, GREEN], BANDS="F814W, F435W, F606W"))],
    "cube with BAND0 to BAND2": [encoded(unit([GREEN, RED, BLUE], BAND0="r", BAND1="z", BAND2="g"))],
    "cube with FILTER1 to FILTER3": [encoded(unit([GREEN, RED, BLUE], FILTER1="r", FILTER2="z", FILTER3="g"))],
    "cube of five bands": [encoded(unit([BLUE * 0, BLUE, GREEN, RED, RED * 0], BANDS="ugriz"))],
    "bands last": [encoded(unit(np.stack([BLUE, GREEN, RED], -1)))],
    "a long axis of one": [encoded(unit(np.stack([BLUE, GREEN, RED])[:, np.newaxis]))],
    "three images": [encoded(fits.PrimaryHDU(), *(unit(data, IMAGE) for data in (BLUE, GREEN, RED)))],
    "three named images": [
        encoded(
            fits.PrimaryHDU(),
            unit(RED, IMAGE, EXTNAME="I"),
            unit(BLUE, IMAGE, FILTER="g DECam SDSS c0001"),
            unit(GREEN, IMAGE, BAND="r"),
        )
    ],
    "three files": [band(BLUE), band(GREEN), band(RED)],
    "gzipped": [gzip.compress(encoded(unit([BLUE, GREEN, RED])))],
    "bzipped in two parts": [
        bz2.compress(encoded(unit([BLUE, GREEN, RED]))[:999]) + bz2.compress(encoded(unit([BLUE, GREEN, RED]))[999:])
    ],
    "compressed tiles": [
        encoded(
            fits.PrimaryHDU(),
            *(fits.CompImageHDU(data, compression_type="GZIP_2", quantize_level=0) for data in (BLUE, GREEN, RED)),
        )
    ],
    "doubles": [encoded(unit([BLUE, GREEN, RED], dtype=np.float64))],
    "weights, errors, flags and masks beside them": [
        encoded(
            fits.PrimaryHDU(),
            *(unit(data, IMAGE, EXTNAME=f"SCI_{name}") for name, data in zip("gri", (BLUE, GREEN, RED), strict=True)),
            *(unit(RED + 7, IMAGE, EXTNAME=name) for name in ("WHT", "ERR2", "INVVAR-R", "MODEL", "CTX")),
            unit(RED > 9, IMAGE, np.uint8, EXTNAME="DQ"),
            unit(RED + 7, IMAGE, HDUCLAS1="IMAGE", HDUCLAS2="ERROR"),
        )
    ],
}


@pytest.mark.parametrize("way", WAYS)
def test_bands_are_found_whatever_way_they_are_stored(way):
    files = WAYS[way]
    bands = bands_of(files, ("g", "r", "i") if len(files) == 3 else ()).chosen()
    assert np.array_equal(bands.planes, [RED, GREEN, BLUE])
    assert {plane.dtype for plane in bands.planes} == {np.dtype(np.float32)}


@pytest.mark.parametrize("shape", [(1, 6, 9), (1, 1, 6, 9), (6, 9), (6, 9, 1)])
def test_one_band_is_grey_and_that_is_said(shape):
    (bands,) = [bands_of([encoded(unit(RED.reshape(shape)))]).chosen()]
    assert np.array_equal(bands.planes, [RED])
    assert bands.notes == ("one band: grey, no colour to go by",)


def test_what_a_header_says_of_its_numbers_counts():
    integers = np.arange(54, dtype=np.uint16).reshape(6, 9) + 40_000
    found = bands_of([encoded(unit(integers, dtype=np.uint16, BUNIT="counts/s", FILTER1="CLEAR1L", FILTER2="F814W"))])
    assert np.array_equal(found.planes[0], integers)
    assert (found.unit, found.names) == ("counts/s", ("f814w",))
    counts = unit(integers - 40_000, dtype=np.int16)
    counts.header["BLANK"] = 3
    assert bands_of([encoded(counts)]).notes[0].startswith("pixels without a value")


def test_a_damaged_word_in_a_header_costs_no_image():
    found = bands_of([band(RED, BUNIT="counts").replace(b"BUNIT   = 'counts", b"BUNIT   = -'count")])
    assert (found.unit, np.array_equal(found.planes[0], RED)) == ("", True)


@pytest.mark.parametrize("unit_of", ["mag/arcsec2", "ABmag arcsec-2", "mag(AB)", "MAG_ST"])
def test_magnitudes_become_light_so_that_what_is_bright_is_not_dark(unit_of):
    light = np.linspace(0.5, 9, 54, dtype=np.float32).reshape(6, 9)
    magnitudes = 22.5 - 2.5 * np.log10(light)
    magnitudes[2, 2] = 0  # stands for none
    found = bands_of([band(magnitudes, BUNIT=unit_of)])
    assert np.allclose(np.delete(found.planes[0], 20), np.delete(light, 20), rtol=1e-4)
    assert found.planes[0][2, 2] < 9.1
    assert (found.unit, found.notes[0]) == (f"light of {unit_of}", TURNED)


@pytest.mark.parametrize("unit_of", ["maggy", "nanomaggies", "image"])
def test_a_maggy_is_no_magnitude(unit_of):
    assert np.array_equal(bands_of([band(RED, BUNIT=unit_of)]).planes[0], RED)


@pytest.mark.parametrize("name", ["MSK", "WGT", "WHT", "EXPMAP", "RMSMAP", "VAR_POISSON", "SEGMAP_3", "CONTEXT"])
def test_weights_errors_and_masks_are_left_out_by_their_names(name):
    beside = unit(np.random.default_rng(2).random((6, 9)), IMAGE, EXTNAME=name)
    assert len(bands_of([encoded(fits.PrimaryHDU(), unit(RED, IMAGE, EXTNAME="SCI"), beside)]).planes) == 1


def test_galfit_s_model_and_residuals_are_no_colours():
    objects = ("ngc1[5:95,5:95]", "model", "residual map")
    blocks = [unit(data, IMAGE, OBJECT=of) for data, of in zip((RED, GREEN, BLUE), objects, strict=True)]
    (plane,) = bands_of([encoded(fits.PrimaryHDU(), *blocks)]).planes
    assert np.array_equal(plane, RED)


def test_masks_without_a_name_are_told_by_being_flat_and_left_out():
    sky = np.random.default_rng(1).normal(0, 1, (20, 20))
    disk = np.hypot(*(np.mgrid[:20, :20] - 10)) < 6
    found = bands_of([encoded(unit(sky), unit(disk, IMAGE, np.int32), unit(disk * 0, IMAGE, np.int16))]).chosen()
    assert len(found.planes) == 1
    assert found.notes == (
        "weights, errors, masks or models beside the image: left out",
        "one band: grey, no colour to go by",
    )


def test_bad_pixels_are_filled_from_those_around_them_and_counted():
    level = np.add.outer(np.arange(20.0), np.arange(20.0)).astype(np.float32)
    holed, flags = level.copy(), np.zeros((20, 20), np.int16)
    holed[5, 5], holed[8, 8], holed[2, 3], flags[10, 11], holed[10, 11] = np.nan, np.inf, -3e38, 4, 60_000
    found = bands_of([encoded(unit(holed, EXTNAME="SCI"), unit(flags, IMAGE, np.int16, EXTNAME="DQ"))])
    assert np.abs(found.planes[0] - level).max() < 1e-4
    assert "pixels without a value (1 to 10 %): filled from those around them" in found.notes
    flags[:, :9] = 64
    found = bands_of([encoded(unit(level, EXTNAME="SCI"), unit(flags, IMAGE, np.int16, EXTNAME="DQ"))])
    assert np.array_equal(found.planes[0], level)
    assert UNUSED_FLAGS in found.notes


@pytest.mark.parametrize("name", ["MASK", "DQ"])
def test_a_mask_of_whole_areas_may_be_of_the_galaxy_and_is_not_filled(name):
    level = np.add.outer(np.arange(20.0), np.arange(20.0)).astype(np.float32)
    mask = np.zeros((20, 20), np.int16)
    mask[2, 3] = mask[8, 8] = 1
    scattered = bands_of([encoded(unit(level), unit(mask, IMAGE, np.int16, EXTNAME=name))])
    assert scattered.notes[-1].startswith("pixels without a value (under 1 %)")
    mask[5:12, 5:12] = 32
    found = bands_of([encoded(unit(level), unit(mask, IMAGE, np.int16, EXTNAME=name))])
    assert (UNUSED_FLAGS in found.notes) == (name == "MASK")


def test_wide_holes_and_lost_bands_are_filled_and_hardly_any_pixels_are_nothing_to_see():
    level = np.arange(100.0, dtype=np.float32).reshape(10, 10)
    lost = np.full((10, 10), np.nan, np.float32)
    planes, notes = mended([level, lost, level + 2], np.zeros((10, 10), np.bool_))
    assert np.array_equal(planes[1], level + 1)
    assert notes == ("a band without any value: taken for the mean of the others",)
    (half,), _ = mended([np.where(np.arange(10) < 5, np.nan, level).astype(np.float32)], np.zeros((10, 10), np.bool_))
    assert np.isfinite(half).all()
    with pytest.raises(ImageError, match=r"^nothing to see: 99% of the pixels have no value$"):
        mended([np.where(level > 0, np.nan, level)], np.zeros((10, 10), np.bool_))


BAD = {
    "empty file": ([b""], "empty file"),
    "no fits": ([b"GIF89a"], "not a FITS file"),
    "two bands": ([encoded(unit([RED, BLUE]))], "2 bands: expected one or three, .* `galaxy import --bands`"),
    "two named bands": ([encoded(unit([RED, BLUE], BANDS="zg"))], "the bands g, z: expected one or three"),
    "five nameless bands": ([encoded(unit([RED] * 5))], "5 bands: expected one or three"),
    "no image": ([encoded(fits.PrimaryHDU())], "no image of the sky: expected one, found PRIMARY"),
    "a mask alone": ([band(RED, EXTNAME="SEGMAP")], "no image of the sky: .* SEGMAP"),
    "cubes for bands": ([encoded(unit([RED, BLUE]))] * 3, "2 bands in a file of a single one"),
    "sizes": ([band(RED), band(RED), band(RED[1:])], r"bands of different sizes: \(6, 9\), \(6, 9\), \(5, 9\)"),
    "sizes in a file": ([encoded(unit(RED), unit(RED[1:], IMAGE))], r"bands of different sizes: \(6, 9\), \(5, 9\)"),
    "weights without a name": (
        [encoded(unit(RED), unit(1 / RED, IMAGE), unit(GREEN, IMAGE))],
        "3 images without names that are no bands of one sky: name each",
    ),
    "a cube of equal axes": ([encoded(unit(np.ones((20, 20, 20))))], r"axes \(20, 20, 20\): expected a short one"),
    "two short axes": ([encoded(unit(np.ones((3, 20, 3))))], r"axes \(3, 20, 3\): expected a short one"),
    "five axes": ([encoded(unit(np.ones((2, 2, 6, 9))))], r"axes \(2, 2, 6, 9\): expected height"),
    "no value": ([band(RED * np.nan)], "nothing to see: no pixel has a value"),
    "one value": ([encoded(unit([RED * 0 + 7] * 3))], "nothing to see: every pixel is 7"),
    "truncated": ([encoded(unit(np.ones((3, 90, 90))))[:9000]], "damaged FITS file"),
    "half a gzip": (
        [gzip.compress(encoded(unit(np.random.default_rng(1).random((3, 90, 90)))))[:9000]],
        "damaged FITS",
    ),
    "half a bzip": ([bz2.compress(encoded(unit(np.random.default_rng(1).random((3, 90, 90)))))[:9000]], "damaged FITS"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_with_a_file_is_one_line(name):
    files, line = BAD[name]
    with pytest.raises(ImageError, match=f"^{line}") as caught:
        bands_of(files).chosen()
    assert "\n" not in str(caught.value)


def test_a_header_that_promises_more_than_the_file_has_is_refused_without_the_memory():
    header = fits.Header([("SIMPLE", True), ("BITPIX", -32), ("NAXIS", 2), ("NAXIS1", 6000), ("NAXIS2", 6000)])
    with pytest.raises(ImageError, match=r"^damaged FITS file: File may have been truncated"):
        bands_of([header.tostring(endcard=True, padding=True).encode() + bytes(2880)])


def test_images_of_too_many_pixels_are_refused_by_their_headers(monkeypatch):
    monkeypatch.setattr("datasets.images.fits.units.MAX_PIXELS", 3 * 6 * 9 - 1)
    for units in ([unit([BLUE, GREEN, RED])], [unit(RED), unit(BLUE, IMAGE), unit(GREEN, IMAGE)]):
        with pytest.raises(ImageError, match=r"^too large: \(.*6, 9\) pixels"):
            bands_of([encoded(*units)])


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress])
def test_a_bomb_is_not_unpacked(monkeypatch, compress):
    monkeypatch.setattr("datasets.images.unpacking.MAX_BYTES", 10_000)
    with pytest.raises(ImageError, match=r"^too large: unpacked"):
        bands_of([compress(bytes(20_000))])


def test_a_fits_file_is_told_by_its_content_too():
    y, x = np.mgrid[:16, :16] - 8
    cube = encoded(unit([20 * np.exp(-np.hypot(x, y) / 3)] * 3))
    for content in (cube, gzip.compress(cube)):
        assert decode(content, crop=1.0, image_size=16).pixels.max() > 100


def test_files_that_differ_in_the_band_alone_are_of_one_galaxy():
    names = [
        *("a/g7_g.fits.bz2", "a/g7_r.fits.bz2", "a/g7_i.fits.bz2"),
        *("a/frame-z-12.fits", "a/frame-g-12.fits"),
        *("a/g8_r.fits", "b/x.fits"),
        *("h_x_f814w.fits", "h_x_F606W.fits", "h_x_f160w.fits"),
        *("c/h/1.fits", "c/v/1.fits", "c/z/1.fits"),
        *("d/a.fits", "d/b.fits", "d/g.fits"),
    ]
    assert by_galaxy(names) == {
        "a/g7_*.fits.bz2": {"g": "a/g7_g.fits.bz2", "r": "a/g7_r.fits.bz2", "i": "a/g7_i.fits.bz2"},
        "a/frame-*-12.fits": {"g": "a/frame-g-12.fits", "z": "a/frame-z-12.fits"},
        "a/g8_r.fits": {"": "a/g8_r.fits"},
        "b/x.fits": {"": "b/x.fits"},
        "h_x_*.fits": {"f606w": "h_x_F606W.fits", "f814w": "h_x_f814w.fits", "f160w": "h_x_f160w.fits"},
        "c/*/1.fits": {"v": "c/v/1.fits", "z": "c/z/1.fits", "h": "c/h/1.fits"},
        **{name: {"": name} for name in ("d/a.fits", "d/b.fits", "d/g.fits")},
    }
    assert [list(bands) for bands in by_galaxy(names).values()][4:6] == [["f606w", "f814w", "f160w"], ["v", "z", "h"]]
    assert all(map(is_fits, ("a.FITS", "a.fit.gz", "a.fts.bz2", "a.fits.fz")))


def test_bands_are_named_as_surveys_name_them_and_ordered_by_wavelength():
    texts = ["r DECam SDSS c0002 6415.0", "sdss_g", "HSC-I", "i'", "F814W", "z.MP9801", "CLEAR1L", "Ks", "decals"]
    assert [band_in(text) for text in texts] == ["r", "g", "i", "i", "f814w", "z", "", "ks", ""]
    assert by_wavelength(["f160w", "f814w", "f435w"]) == ["f435w", "f814w", "f160w"]
    assert by_wavelength(["f444w", "f150w", "f200w"]) == ["f150w", "f200w", "f444w"]


def test_colours_go_by_wavelength_and_of_many_bands_sdss_own_are_chosen():
    assert choose(["z", "g", "r"]) == (0, 2, 1)
    assert choose(["u", "g", "r", "i", "z"]) == (3, 2, 1)
    assert choose(["g", "r", "z", "y"]) == (2, 1, 0)
    assert choose(["", "", ""]) == (2, 1, 0)
    assert choose(["u", "g", "r", "i", "z"], ["z", "r", "u"]) == (4, 2, 0)
    assert choose(["u", "g", "r"], ["2", "1", "1"]) == (2, 1, 1)
    assert choose(["u", "g"], ["g"]) == (1,)
    assert choose(["g", "r", "i"], ["z", "r", "g"]) == (2, 1, 0)
    with pytest.raises(ImageError, match=r"^the bands g, r: .* `galaxy import --bands` says"):
        choose(["g", "r"])


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
    ((galaxy, reason),) = listing.rejected
    assert (galaxy, reason[:40]) == ("train/a/3_*.fits", "the bands g, r: expected one or three, o")
    assert listing.left_out == 1


def test_folders_of_bands_are_no_classes(tmp_path):
    for name in ("g/1", "g/2", "r/1", "r/2"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.fits").write_bytes(band(RED))
    with pytest.raises(SourceError, match=r"found folders named for bands, g, r, that hold files of the same names$"):
        listed_as("fits", tmp_path)


def test_bands_that_are_asked_for_are_three_or_one():
    assert SourceOptions(bands="I, r,g").wanted_bands == ("i", "r", "g")
    with pytest.raises(SourceError, match=r"^the bands must be three, red first, or one, got i,r$"):
        SourceOptions(bands="i,r")


def test_folders_without_a_fits_file(make_source):
    with pytest.raises(SourceError, match=r"found no FITS file in any folder"):
        listed_as("fits", make_source(a=2, b=2))
