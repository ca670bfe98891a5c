"""Bands → pictures in which the galaxy is seen, whatever the unit, and by the same stretch in a whole dataset."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from astropy.visualization import LuptonAsinhStretch, make_lupton_rgb
from datasets_tests.fits_files import encoded, galaxy, unit
from scipy.stats import spearmanr

from datasets import Dataset, ImageError, ImportOptions, SourceError, decode, import_dataset
from datasets.images.fits.bands import UNNAMED, Bands
from datasets.images.fits.compositing import OTHER_BANDS, doubts, light_of, pictured, slope, stretched
from datasets.images.fits.pixels import bands_of
from datasets.images.fits.stretching import Sample, choose_stretch
from datasets.images.preparing import NO_BANDS, SELF_STRETCHED, UNSTRETCHED

SIDE = 32
NAMES = ("z", "r", "g")
WILD = Path(os.environ.get("GALAXY_WILD", "../shared/wild/fits"))


def star(light):
    light = light.copy()
    y, x = np.mgrid[:SIDE, :SIDE]
    return light + 300 * np.exp(-((x - 3) ** 2 + (y - 3) ** 2) / 2).astype(np.float32)


PLAIN = [galaxy(seed) for seed in range(8)]
SETS = {
    "as they are": PLAIN,
    "counts a second": [light * 1e-3 for light in PLAIN],
    "counts on a pedestal": [light * 1e4 + 1000 for light in PLAIN],
    "skies that differ": [light + seed / 10 for seed, light in enumerate(PLAIN)],
    "negative skies": [light - 2 for light in PLAIN],
    "a bright star": [star(PLAIN[0]), *PLAIN[1:]],
    "bright and faint galaxies": [galaxy(seed, peak=10 ** (seed / 4)) for seed in range(8)],
    "very bright and very faint galaxies": [
        galaxy(seed, peak=10 ** (seed / 2 - 1), noise=(0.005,) * 3) for seed in range(8)
    ],
    "galaxies of one brightness without noise": [galaxy(1, noise=(1e-5, 1e-5, 1e-5))] * 3,
    "one noisy band": [galaxy(seed, noise=(0.01, 0.01, 0.1)) for seed in range(8)],
    "zeros at the edge": [np.where(np.arange(SIDE) < 4, 0, light + 5).astype(np.float32) for light in PLAIN],
    "no noise at all": [galaxy(seed, noise=(0, 0, 0)) for seed in range(3)],
    "one band": [light[:1] for light in PLAIN],
    "a single image": PLAIN[:1],
}


def bands(light, **about):
    planes = tuple(np.asarray(plane, np.float32) for plane in light)
    return Bands(planes, NAMES if len(light) == 3 else ("r",), **about)


def chosen(images, wanted=()):
    stretch = choose_stretch([Sample(image, crop=1.0, image_size=SIDE) for image in images], wanted)
    assert stretch is not None
    return stretch


def check_seen(picture, light):
    """Assert that the brightest parts are bright, few are burnt out, and the order is that of the light."""
    grey = picture.mean(axis=2)
    assert np.sort(grey, axis=None)[-max(grey.size // 100, 1) :].mean() >= 150
    assert (picture.max(axis=2) == 255).mean() <= 0.05
    assert spearmanr(grey.ravel(), light.ravel()).statistic >= 0.9


@pytest.mark.parametrize("name", SETS)
def test_galaxies_are_seen_in_every_picture(name):
    stretch = chosen([bands(light) for light in SETS[name]])
    for light in SETS[name]:
        picture = decode(bands(light), crop=1.0, image_size=SIDE, stretch=stretch).pixels
        check_seen(picture, light.sum(axis=0)[::-1])


def test_galaxies_that_differ_too_much_are_each_shown_at_their_own_exposure():
    own = [name for name in SETS if chosen(list(map(bands, SETS[name]))).own_exposure]
    assert own == ["bright and faint galaxies", "very bright and very faint galaxies"]
    assert "each image at its own exposure, Q" in str(chosen(list(map(bands, SETS[own[0]]))))


def test_galaxies_are_grey_on_average_and_noise_is_grey_everywhere():
    stretch = chosen(list(map(bands, PLAIN)))
    pictures = np.array([decode(bands(light), crop=1.0, image_size=SIDE, stretch=stretch).pixels for light in PLAIN])
    centre = pictures[:, 12:20, 12:20].mean(axis=(0, 1, 2))
    assert np.ptp(centre) < 25
    sky = pictures[:, :6].astype(int)
    assert np.ptp(sky, axis=-1).mean() < 12
    redder = PLAIN[0] * np.array([2, 1, 0.5], np.float32)[:, np.newaxis, np.newaxis]
    red, green, blue = decode(bands(redder), crop=1.0, image_size=SIDE, stretch=stretch).pixels[16, 21].astype(int)
    assert red > green > blue


def test_the_sky_of_an_image_that_was_turned_and_padded_with_zeros_is_black():
    turned = np.abs(np.mgrid[:SIDE, :SIDE] - SIDE / 2).sum(axis=0) < SIDE * 0.7
    plain, padded = PLAIN[0] + 0.2, np.where(turned, PLAIN[0] + 0.2, 0)
    lights = [light_of(bands(image), crop=1.0, image_size=SIDE).planes for image in (plain, padded)]
    assert np.abs(lights[0] - lights[1])[:, turned[::-1]].max() < 0.05


def test_the_curve_is_that_of_astropy():
    light = np.linspace(0, 30, 50)
    expected = np.clip(LuptonAsinhStretch(stretch=3, Q=8)(light), 0, 1)
    assert stretched(light, 3, 8) == pytest.approx(expected)
    assert stretched(np.array([8 / 3 * np.sinh(1 / slope(8))]), 64 / 3, 8) == pytest.approx(1)


def test_the_survey_s_own_balance_of_colours_is_used_where_it_names_itself():
    ours, theirs = chosen(list(map(bands, PLAIN))), chosen([bands(light, survey="DECaLS") for light in PLAIN])
    assert theirs.balance == pytest.approx(np.array([2.2, 3.4, 6.0]) / 3.8667, rel=1e-3)
    assert ours.balance != theirs.balance
    assert (ours.stretch, ours.softening) == (theirs.stretch, theirs.softening)


def test_bands_that_are_asked_for_are_used_and_recorded():
    images = list(map(bands, PLAIN))
    stretch = chosen(images, ("g", "r", "z"))
    assert stretch.bands == ("g", "r", "z")
    usual = decode(images[0], crop=1.0, image_size=SIDE, stretch=chosen(images)).pixels
    swapped = decode(images[0], crop=1.0, image_size=SIDE, stretch=stretch).pixels
    assert np.abs(swapped[..., ::-1].astype(int) - usual).max() <= 1
    assert chosen(images, ("r",)).bands == ("r",)
    assert chosen(images, ("2", "1", "0")).bands == ("2", "1", "0")


def test_a_stretch_says_itself_in_a_line():
    assert str(chosen([bands(light, unit="nanomaggy") for light in PLAIN])).endswith(
        " nanomaggy, Q 1; bands z, r, g as red, green, blue"
    )
    assert str(chosen([bands(light[:1]) for light in PLAIN])).endswith("; band r as grey")


def test_images_unlike_those_that_the_stretch_was_chosen_from_are_warned_of():
    stretch = chosen([bands(light, unit="nanomaggy") for light in PLAIN])

    def said(image):
        return doubts(image, light_of(image, crop=1.0, image_size=SIDE), stretch)

    assert said(bands(PLAIN[0], unit="Nanomaggy")) == ()
    assert said(bands(PLAIN[0], unit="count / s"))[0].startswith("pixels in 'count / s': the stretch was chosen")
    assert said(bands(PLAIN[0] * 1e4))[0].startswith("noise far from ")
    assert said(bands(PLAIN[0] / 1e4))[0].startswith("noise far from ")
    assert OTHER_BANDS in said(bands(PLAIN[0][:1]))
    assert OTHER_BANDS in said(Bands(bands(PLAIN[0]).planes, ("i", "r", "g")))
    assert pictured(light_of(bands(PLAIN[0][:1]), crop=1.0, image_size=SIDE), stretch).shape == (SIDE, SIDE, 3)


def test_bands_without_names_are_taken_to_go_from_blue_to_red_and_that_is_said():
    images = [Bands(bands(light[::-1]).planes, ("", "", "")) for light in PLAIN]
    stretch = chosen(images)
    found = decode(images[0], crop=1.0, image_size=SIDE, stretch=stretch)
    assert found.notes == (UNNAMED,)
    assert np.array_equal(
        found.pixels, decode(bands(PLAIN[0]), crop=1.0, image_size=SIDE, stretch=chosen(list(map(bands, PLAIN)))).pixels
    )


def test_pictures_and_unnamed_bands_among_bands_are_warned_of(noise):
    stretch = chosen(list(map(bands, PLAIN)))
    assert decode(noise, crop=1.0, image_size=SIDE, stretch=stretch).notes == (NO_BANDS,)
    unnamed = Bands(bands(PLAIN[0][::-1]).planes, ("", "", ""))
    found = decode(unnamed, crop=1.0, image_size=SIDE, stretch=stretch)
    assert found.notes == (UNNAMED,)
    assert np.array_equal(found.pixels, decode(bands(PLAIN[0]), crop=1.0, image_size=SIDE, stretch=stretch).pixels)


def test_nothing_can_be_chosen_from_nothing():
    assert choose_stretch([]) is None
    two = Bands(bands(PLAIN[0]).planes[:2], ("z", "r"))
    assert choose_stretch([Sample(two, crop=1.0, image_size=SIDE)]) is None


def test_without_a_stretch_bands_are_shown_as_sdss_does(monkeypatch):
    monkeypatch.setattr("datasets.images.fits.sdss_stretch._AT_ONCE", 5 * SIDE)
    red, green, blue = PLAIN[0] * 5
    found = decode(bands(PLAIN[0] * 5), crop=1.0, image_size=SIDE)
    assert np.array_equal(found.pixels, make_lupton_rgb(red, green, blue, stretch=5, Q=8)[::-1])
    assert found.notes == (UNSTRETCHED,)
    assert found.source_size == (SIDE, SIDE)


@pytest.mark.parametrize(("factor", "pedestal"), [(1e-4, 0), (1e4, 0), (1e4, 1000)])
def test_light_that_sdss_s_stretch_shows_nothing_of_is_stretched_by_itself(factor, pedestal):
    found = decode(bands(PLAIN[0] * factor + pedestal), crop=1.0, image_size=SIDE)
    check_seen(found.pixels, PLAIN[0].sum(axis=0)[::-1])
    assert found.notes == (SELF_STRETCHED,)


def test_light_that_a_stretch_shows_nothing_of_is_said_with_both():
    stretch = chosen([bands(light, unit="nanomaggy") for light in PLAIN])
    said = r"^nothing to see at the stretch of the dataset \(asinh, .*\): pixels from -\d.* to \d.*e-07 Jy$"
    with pytest.raises(ImageError, match=said):
        decode(bands(PLAIN[0] * 1e-7, unit="Jy"), crop=1.0, image_size=SIDE, stretch=stretch)
    for counts in (PLAIN[0] * 30, PLAIN[0] * 300 + 1000):
        with pytest.raises(ImageError, match=r"^nothing to see at the stretch of the dataset .*: pixels from .* ADU$"):
            decode(bands(counts, unit="ADU"), crop=1.0, image_size=SIDE, stretch=stretch)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    place = tmp_path_factory.mktemp("fits")
    for label, images in (("a", PLAIN[:4]), ("b", PLAIN[4:])):
        (place / label).mkdir()
        for number, light in enumerate(images):
            header = {"BANDS": "zrg", "BUNIT": "nanomaggy"}
            (place / label / f"{number}.fits").write_bytes(encoded(unit(light, **header)))
    (place / "a" / "blank.fits").write_bytes(encoded(unit(PLAIN[0] * np.nan)))
    return place


def test_an_import_records_the_stretch_and_its_fingerprint_tells_it(source, tmp_path):
    info = import_dataset(source, tmp_path / "out", ImportOptions(image_size=SIDE))
    stretch = info.preprocessing.stretch
    assert stretch is not None
    assert (stretch.bands, stretch.unit) == (NAMES, "nanomaggy")
    opened = Dataset.open(info.path)
    assert opened.preprocessing == info.preprocessing
    assert (info.total, info.quarantined, info.converted) == (8, 1, {})
    assert "nothing to see: no pixel has a value" in (tmp_path / "out" / "quarantine.csv").read_text()
    again = import_dataset(source, tmp_path / "again", ImportOptions(image_size=SIDE, bands="g,r,z"))
    assert again.preprocessing.stretch is not None
    assert again.preprocessing.stretch.bands == ("g", "r", "z")
    assert again.fingerprint != info.fingerprint
    with pytest.raises(SourceError, match=r"^no FITS image has the bands u,r,z: found z r g; places count from 0$"):
        import_dataset(source, tmp_path / "none", ImportOptions(image_size=SIDE, bands="u,r,z"))


def test_a_source_is_stretched_as_another_dataset_is(source, tmp_path, make_source):
    whole = import_dataset(source, tmp_path / "out", ImportOptions(image_size=SIDE))
    fainter = tmp_path / "fainter"
    for path in source.rglob("[0-9].fits"):
        target = fainter / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(encoded(unit(bands_of([path.read_bytes()]).planes)))
    other = import_dataset(fainter, tmp_path / "other", ImportOptions(image_size=SIDE, stretch_of=whole.path))
    assert other.preprocessing.stretch == whole.preprocessing.stretch
    pictures = import_dataset(make_source(a=4, b=4), tmp_path / "pictures", ImportOptions(image_size=SIDE))
    assert pictures.preprocessing.stretch is None
    with pytest.raises(SourceError, match=r"has no stretch to take: it was not made of FITS, or by an older version$"):
        import_dataset(source, tmp_path / "no", ImportOptions(image_size=SIDE, stretch_of=pictures.path))
    with pytest.raises(SourceError, match=r"^--bands is for FITS, and no image of the source is: leave it out$"):
        import_dataset(tmp_path / "source", tmp_path / "no", ImportOptions(image_size=SIDE, bands="r"))
    with pytest.raises(SourceError, match=r"^there is no stretch to take: "):
        import_dataset(source, tmp_path / "no", ImportOptions(image_size=SIDE, stretch_of=str(source)))


def test_fits_files_that_a_table_names_otherwise_are_stretched_too(source, tmp_path):
    paths = sorted(path.relative_to(source).as_posix() for path in source.rglob("[0-9].fits"))
    rows = [f"{path},{path[0]},galaxy {path[2]}{path[0]}" for path in paths]
    (tmp_path / "labels.csv").write_text("\n".join(["path,label,id", *rows]))
    shutil.copytree(source, tmp_path, dirs_exist_ok=True)
    info = import_dataset(tmp_path / "labels.csv", tmp_path / "out", ImportOptions(image_size=SIDE))
    assert (info.total, info.quarantined) == (8, 0)
    assert info.preprocessing.stretch is not None


@pytest.mark.skipif(not WILD.is_dir(), reason=f"no {WILD}")
@pytest.mark.parametrize("name", ["legacy", "sdss_bz2"])
def test_galaxies_of_surveys_are_seen(name, tmp_path):
    side = 72 if name == "legacy" else 48
    dataset = Dataset.open(import_dataset(WILD / name, tmp_path / "out", ImportOptions(image_size=side)).path)
    for row, number in enumerate(dataset.ids):
        files = [path.read_bytes() for path in sorted(WILD.glob(f"{name}/{number}"))]
        light = np.sum(bands_of(files, ("g", "i", "r")[: len(files)] if len(files) > 1 else ()).planes, axis=0)
        check_seen(dataset.take([row])[0], light[::-1])
