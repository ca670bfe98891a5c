"""The physics of the sample's galaxies, against formulas, Astropy and what the classes mean."""

import math
from collections.abc import Iterator
from itertools import count

import numpy as np
import pytest
from astropy.cosmology import FlatLambdaCDM
from astropy.modeling.models import Sersic2D
from scipy.special import gammaincinv

from datasets.rendering import observation
from datasets.rendering.galaxies import KINDS, SIDE, Arms, axes, edge_on_disc, sersic, spiral, starlight, truncation
from datasets.rendering.observation import (
    FAINTEST_NEIGHBOUR,
    GALAXIES,
    NATIVE_SCALE,
    STARS,
    blurred,
    detected,
    neighbours,
    photograph,
    render,
    scattered,
)
from datasets.rendering.population import (
    EARLY,
    FAINTEST,
    LARGEST,
    SMALLEST,
    Population,
    Subject,
    fluxes,
    observe_one,
    stellar_colour,
)

SOME_SHAPES = [(1.0, 0.9), (0.5, 0.3), (2.5, 0.6), (4.0, 0.8)]
MIDDLE = np.zeros(2)


@pytest.mark.parametrize(("index", "axis_ratio"), SOME_SHAPES)
def test_sersic_profiles_are_those_of_astropy(index: float, axis_ratio: float):
    width = 0.5 * SIDE
    y, x = (np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2) * 0.5
    major, minor = axes(width, np.array([1.5, -2.0]) / width, 0.7)
    theirs = Sersic2D(1, 3.0, index, x_0=1.5, y_0=-2.0, ellip=1 - axis_ratio, theta=0.7)(x, y)
    assert sersic(major, minor, index, 3.0, axis_ratio) == pytest.approx(theirs, rel=1e-4)


@pytest.mark.parametrize(("index", "axis_ratio"), SOME_SHAPES)
def test_sersic_profiles_have_half_of_their_flux_within_the_effective_radius(index: float, axis_ratio: float):
    major, minor = axes(100.0, MIDDLE, 1.1)
    image = sersic(major, minor, index, 6.0, axis_ratio)
    half = image[np.hypot(major, minor / axis_ratio) < 6.0].sum()
    assert half / image.sum() == pytest.approx(0.5, abs=0.02)


def test_a_narrow_core_has_the_light_that_falls_on_its_pixel():
    # The smallest galaxies have three points a pixel: the value at its centre times its area is 5 times the whole flux.
    width = 44 * NATIVE_SCALE
    plane = sersic(*axes(width, np.full(2, 0.5 / SIDE), 0.0), 1.0, 0.3 * width / SIDE * 3, 1.0)
    light = starlight(Subject(17.5, 1.0, 1.0, 0.0), [(1.0, 1.0, plane)])[..., 1]
    assert light[63:66, 63:66].sum() == pytest.approx(100 * 0.8, abs=10)
    assert light.sum() == pytest.approx(100, rel=1e-3)


def test_parts_share_the_flux_of_a_galaxy_whatever_their_scale():
    subject, (major, minor) = Subject(16.0, 4.0, 8.0, 0.1), axes(40.0, MIDDLE, 0.0)
    planes = [7 * sersic(major, minor, 1.0, 4.0, 0.5), sersic(major, minor, 4.0, 1.0, 0.9)]
    light = starlight(subject, zip((0.25, 0.75), (0.0, 1.0), planes, strict=True))
    young, old = (fluxes(16.0, *stellar_colour(age, 0.1)) for age in (0.0, 1.0))
    assert light.sum(axis=(0, 1)) == pytest.approx(0.25 * young + 0.75 * old, rel=1e-3)


def test_edge_on_discs_fall_off_as_they_should():
    major, minor = axes(0.1 * SIDE, np.full(2, 0.5 / SIDE), 0.0)
    image = edge_on_disc(major, minor, 1.0, 0.5)
    assert (major[64, 64], minor[64, 64], image[64, 64]) == pytest.approx((0, 0, 1), abs=1e-4)
    upward = image[:, 64]
    assert upward[69] == pytest.approx(1 / math.cosh(1) ** 2, abs=1e-4)  # one scale height up
    outward = image.sum(axis=0)
    assert outward[94] / outward[74] == pytest.approx(3 * 0.040156 / 0.601907, rel=1e-3)  # x K1(x) at 3 and at 1
    assert image.sum() * 0.1**2 == pytest.approx(math.pi * 1.0 * 2 * 0.5, rel=0.02)  # along R and along z


def test_discs_end_at_their_edge():
    assert truncation(np.array([0.0, 4.0, -4.0, 15.0], np.float32), 4.0) == pytest.approx([1, 0.5, 0.5, 0], abs=1e-3)


def test_frames_hold_the_galaxy_and_its_middle():
    for seed in range(20):
        generator = np.random.default_rng(seed)
        width, light = KINDS["completely round smooth"](generator)
        assert SMALLEST * 4.64 < width < LARGEST * 4.64
        y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
        total = light.sum(axis=2)
        centre = np.hypot((total * x).sum(), (total * y).sum()) / total.sum() / SIDE
        assert centre < 0.05


@pytest.mark.parametrize("radius_slope", [0.0, 0.5])
def test_galaxies_look_as_bright_and_as_large_as_a_standard_cosmology_says(radius_slope: float):
    universe, generator = FlatLambdaCDM(70, 0.3), np.random.default_rng(1)
    population = Population(-21.5, 5.0, radius_slope, radius_scatter=0.0)
    for subject in (observe_one(population, 1.7, generator) for _ in range(30)):
        brighter = -21.5 - subject.magnitude + universe.distmod(subject.redshift).value
        kiloparsecs = subject.half_light * universe.kpc_proper_per_arcmin(subject.redshift).value / 60
        assert abs(brighter) < 4 * 0.8
        assert kiloparsecs == pytest.approx(5.0 * 10 ** (0.4 * radius_slope * brighter), rel=0.01)


def test_galaxies_without_scatter_have_their_magnitude():
    universe, generator = FlatLambdaCDM(70, 0.3), np.random.default_rng(1)
    alike = Population(-21.5, 5.0, 0.5, radius_scatter=0.0, magnitude_scatter=0.0)
    for subject in (observe_one(alike, 1.7, generator) for _ in range(30)):
        assert subject.magnitude == pytest.approx(-21.5 + universe.distmod(subject.redshift).value, abs=0.02)


def test_colours_are_flux_ratios():
    g, r, i = fluxes(20.0, g_r=0.7, r_i=0.4)
    assert r == pytest.approx(10)
    assert (-2.5 * math.log10(g / r), -2.5 * math.log10(r / i)) == pytest.approx((0.7, 0.4))


def test_old_and_distant_stars_are_redder():
    young, old, far = stellar_colour(0, 0.05), stellar_colour(1, 0.05), stellar_colour(1, 0.15)
    assert young[0] < old[0] < far[0]
    assert young[1] < old[1] < far[1]


def test_galaxies_seen_are_bright_and_large_enough():
    generator = np.random.default_rng(1)
    seen = [observe_one(EARLY, 1.7, generator) for _ in range(300)]
    assert max(subject.magnitude for subject in seen) < FAINTEST
    assert SMALLEST < min(subject.r90 for subject in seen) < max(subject.r90 for subject in seen) < LARGEST
    assert np.std([subject.redshift for subject in seen]) > 0.02
    assert min(observe_one(EARLY, 1.7, generator, smallest=8).r90 for _ in range(50)) > 8


@pytest.mark.parametrize("winding", [-1, 1])
@pytest.mark.parametrize("arms", [2, 3, 4])
def test_arms_are_logarithmic_spirals_that_gather_light_without_adding_any(arms: int, winding: int):
    pitch = winding * math.radians(15)
    spirals = Arms(arms, pitch, 2.0, 0.4, sharpness=2.0, waves=np.zeros((0, 3), np.float32))
    azimuth = np.linspace(0, 2 * math.pi, 720, endpoint=False, dtype=np.float32)
    for radius in (2.0, 3.0, 5.0):
        around = spirals.crest(np.full_like(azimuth, radius), azimuth)
        assert around.mean() == pytest.approx(1, abs=1e-3)
        crest = 0.4 + winding * math.log(radius / 2.0) / math.tan(math.radians(15))
        nearest = (azimuth[around.argmax()] - crest) * arms / (2 * math.pi)
        assert abs(nearest - round(nearest)) < 0.02


def test_young_stars_lie_on_the_arms_and_outside_their_start():
    arms = Arms(2, -math.radians(15), 3.0, 0.0, sharpness=2.5, waves=np.zeros((0, 3), np.float32))
    major, minor = axes(30.0, MIDDLE, 0.0)
    radius = np.hypot(major, minor)
    old, young = arms.stars(radius, np.arctan2(minor, major), 3.0)
    inside = radius < 1.5
    assert young[inside].sum() / young.sum() < 0.3 * old[inside].sum() / old.sum()
    ring = np.abs(radius - 5) < 0.5
    assert young[ring].std() / young[ring].mean() > 2 * old[ring].std() / old[ring].mean()


def test_drawn_arms_have_pitches_of_8_to_30_degrees_and_both_handednesses():
    generator = np.random.default_rng(1)
    drawn = [Arms.draw(2.0, generator) for _ in range(300)]
    pitches = np.degrees([abs(arms.pitch) for arms in drawn])
    assert 8 <= pitches.min() < pitches.max() <= 30
    assert {arms.count for arms in drawn} == {2, 3, 4}
    assert {math.copysign(1, arms.pitch) for arms in drawn} == {-1, 1}


def point(side: int) -> np.ndarray:
    """Light of a point in the middle."""
    light = np.zeros((side, side, 3), np.float32)
    light[side // 2, side // 2] = 100
    return light


def centres(light: np.ndarray) -> np.ndarray:
    """Where the light of each band has its centre: (3, 2), to the right of the middle and below it."""
    y, x = np.mgrid[: len(light), : len(light)] - len(light) // 2
    return np.stack([(light * axis[..., None]).sum(axis=(0, 1)) / light.sum(axis=(0, 1)) for axis in (x, y)], axis=1)


def test_the_seeing_is_as_wide_as_it_says():
    seen = blurred(point(81), np.array([6.0, 8.0, 10.0]), np.zeros((3, 2)))
    assert seen.sum(axis=(0, 1)) == pytest.approx([100] * 3, rel=1e-5)
    for band, half in enumerate((3, 4, 5)):
        assert seen[40, 40 + half, band] / seen[40, 40, band] == pytest.approx(0.5, abs=0.01)
        assert seen[40 - half, 40, band] / seen[40, 40, band] == pytest.approx(0.5, abs=0.01)


def test_bands_move_the_way_the_shift_says():
    shift = np.array([[2.0, -1.0], [0.5, -0.25], [0.0, 0.0]])
    assert centres(blurred(point(81), np.full(3, 3.0), shift)) == pytest.approx(shift, abs=0.05)


@pytest.mark.parametrize("scale", [NATIVE_SCALE, 2 * NATIVE_SCALE])
def test_noise_is_that_of_the_electrons_of_the_sky_and_smaller_in_larger_pixels(scale: float):
    blank = detected(np.zeros((128, 128, 3), np.float32), scale, np.random.default_rng(1))
    native = (scale / NATIVE_SCALE) ** 2
    expected = np.sqrt(observation.SKY / observation.ELECTRONS / native)
    assert blank.std(axis=(0, 1)) == pytest.approx(expected, rel=0.03)
    assert blank.mean(axis=(0, 1)) == pytest.approx([0, 0, 0], abs=0.002)


def test_bright_pixels_are_noisier_than_the_sky():
    bright = detected(np.full((128, 128, 3), 10.0, np.float32), NATIVE_SCALE, np.random.default_rng(1))
    assert bright.mean() == pytest.approx(10, rel=0.01)
    assert bright.std(axis=(0, 1)) == pytest.approx(np.sqrt((observation.SKY + 10) / observation.ELECTRONS), rel=0.03)


def test_photographs_show_red_light_red_and_blue_light_blue():
    width = SIDE * NATIVE_SCALE
    disc = sersic(*axes(width, MIDDLE, 0.0), 1.0, 6.0, 1.0)
    for colour, stronger, weaker in (((1.0, 0.5), 0, 2), ((0.0, 0.0), 2, 0)):
        light = (disc / disc.sum())[..., None] * fluxes(15.0, *colour).astype(np.float32)
        image = photograph(light, width, np.random.default_rng(1)).astype(float)
        assert image.shape == (SIDE, SIDE, 3)
        middle = image[60:68, 60:68].mean(axis=(0, 1))
        assert middle[stronger] > middle[weaker] + 20
        assert image[:8].mean() < 20


def test_surface_brightness_and_noise_are_those_of_native_pixels_or_of_larger_ones():
    seen = {}
    for pixels in (44, 64, 128, 256):  # across the frame, were they native
        width = pixels * NATIVE_SCALE
        light = np.full((SIDE, SIDE, 3), 0.5 * (pixels / SIDE) ** 2, np.float32)
        seen[pixels] = photograph(light, width, np.random.default_rng(1)).astype(float)
    means = [image.mean() for image in seen.values()]
    assert means == pytest.approx([np.mean(means)] * 4, rel=0.02)
    noise = {pixels: image.std(axis=(0, 1)) for pixels, image in seen.items()}
    assert noise[256] == pytest.approx(noise[128] / 2, rel=0.15)
    # Enlarged, the noise is coarse: pixels resemble their neighbours.
    alike = {key: np.corrcoef(image[:, 1:, 1].ravel(), image[:, :-1, 1].ravel())[0, 1] for key, image in seen.items()}
    assert alike[44] > alike[64] > alike[128] + 0.5


def test_neighbours_leave_the_middle_free_and_are_more_in_larger_fields():
    generator = np.random.default_rng(1)
    small = [neighbours(25.0, generator) for _ in range(40)]
    large = [neighbours(102.0, generator) for _ in range(40)]
    assert np.mean([field.any() for field in small]) < np.mean([field.any() for field in large])
    brightest = [np.unravel_index(field.sum(axis=2).argmax(), (128, 128)) for field in large if field.any()]
    assert min(math.hypot(row - 63.5, column - 63.5) for row, column in brightest) > 12


@pytest.mark.parametrize("counts", [STARS, GALAXIES])
def test_neighbours_are_as_many_as_counted(counts: observation.Counts):
    drawn = sum(len(list(scattered(counts, 120.0, np.random.default_rng([1, seed])))) for seed in range(800))
    assert drawn == pytest.approx(800 * 4 * counts[1] * (1 - 0.1**2 * math.pi), rel=0.05)


@pytest.mark.parametrize("counts", [STARS, GALAXIES])
def test_neighbours_are_as_bright_as_counted(counts: observation.Counts):
    brightest, _, growth = counts
    many = scattered((brightest, 5000.0, growth), 120.0, np.random.default_rng(1))
    magnitudes = np.array([magnitude for magnitude, _ in many])
    assert brightest <= magnitudes.min() < brightest + 0.1
    assert FAINTEST_NEIGHBOUR - 0.01 < magnitudes.max() <= FAINTEST_NEIGHBOUR
    # What is left of the counts at one and two magnitudes less: their own bright end is cut off.
    fewest = 10 ** (growth * (brightest - FAINTEST_NEIGHBOUR))
    for fainter in (1, 2):
        expected = (10 ** (-growth * fainter) - fewest) / (1 - fewest)
        assert np.mean(magnitudes < FAINTEST_NEIGHBOUR - fainter) == pytest.approx(expected, abs=0.01)


def test_neighbours_lie_evenly_all_over_the_frame_but_not_in_its_middle():
    places = np.array([place for _, place in scattered((15.0, 5000.0, 0.3), 120.0, np.random.default_rng(1))])
    distances = np.hypot(*places.T)
    assert 0.1 < distances.min() < 0.103
    assert np.abs(places).max() <= 0.5
    assert places.min(axis=0) == pytest.approx([-0.5, -0.5], abs=0.002)
    assert places.max(axis=0) == pytest.approx([0.5, 0.5], abs=0.002)
    whole = 1 - math.pi * 0.1**2
    for radius in (0.2, 0.3, 0.4, 0.5):
        assert np.mean(distances < radius) == pytest.approx(math.pi * (radius**2 - 0.1**2) / whole, abs=0.01)


def test_stars_are_points_where_they_were_drawn(monkeypatch: pytest.MonkeyPatch):
    star = [(15.0, np.array([0.25, -0.375])), (16.0, np.array([-0.499, 0.499]))]
    monkeypatch.setattr(observation, "scattered", lambda counts, *_: star if counts is STARS else [])
    light = neighbours(60.0, np.random.default_rng(1))
    assert set(zip(*np.nonzero(light[..., 1]), strict=True)) == {(16, 96), (127, 0)}
    assert light[16, 96, 1] == pytest.approx(10 ** (0.4 * 7.5))
    assert light[127, 0, 1] == pytest.approx(10 ** (0.4 * 6.5))


def test_stars_have_the_colours_of_dwarfs_and_giants(monkeypatch: pytest.MonkeyPatch):
    stars = [(15.0, np.array([column, 0.4])) for column in np.linspace(-0.49, 0.49, 100)]
    monkeypatch.setattr(observation, "scattered", lambda counts, *_: stars if counts is STARS else [])
    g, r, i = neighbours(60.0, np.random.default_rng(1))[115].T[:, 0:SIDE:1]
    shown = r > 0
    g_r, r_i = -2.5 * np.log10(g[shown] / r[shown]), -2.5 * np.log10(r[shown] / i[shown])
    assert 0.2 <= g_r.min() < 0.35
    assert g_r.max() == pytest.approx(1.4, abs=1e-3)
    assert 1.2 < r_i.max() <= 1.49 + 1e-3
    assert r_i[g_r < 1.39] == pytest.approx(0.35 * g_r[g_r < 1.39], abs=1e-3)


def elongation(pixels: np.ndarray) -> float:
    """Axis ratio by second moments of the bright pixels nearest to the middle."""
    y, x = np.nonzero((pixels > 60) & (np.hypot(*(np.mgrid[:128, :128] - 63.5)) < 45))
    small, large = np.linalg.eigvalsh(np.cov(np.stack([x, y])))
    return math.sqrt(small / large)


def pictures(kind: str) -> Iterator[np.ndarray]:
    return (render(kind, np.random.default_rng([5, number])).astype(float) for number in count())


@pytest.mark.parametrize(
    ("kind", "lowest", "highest"),
    [
        ("completely round smooth", 0.85, 1.0),
        ("In between smooth", 0.5, 0.8),
        ("Cigar-shaped smooth", 0.2, 0.5),
        ("edge-on", 0.15, 0.5),
        ("spiral", 0.5, 0.95),
    ],
)
def test_classes_have_the_shapes_of_their_names(kind: str, lowest: float, highest: float):
    shapes = [elongation(picture.mean(axis=2)) for picture, _ in zip(pictures(kind), range(25), strict=False)]
    assert lowest < np.median(shapes) < highest
    assert np.std(shapes) > 0.02


def filling(kind: str, number: int) -> float:
    """Area of a galaxy's brightest tenth of pixels over that of an ellipse of its moments: 1 for an ellipse."""
    _, light = KINDS[kind](np.random.default_rng([6, number]))
    total = light.sum(axis=2)
    y, x = np.nonzero(total > np.quantile(total, 0.9))
    return len(x) / (4 * math.pi * math.sqrt(np.linalg.det(np.cov(np.stack([x, y])))))


def test_smooth_galaxies_are_ellipses_and_spirals_are_not():
    filled = {kind: np.median([filling(kind, number) for number in range(20)]) for kind in KINDS}
    for kind in ("completely round smooth", "In between smooth", "Cigar-shaped smooth"):
        assert filled[kind] == pytest.approx(1, abs=0.03)
    assert filled["spiral"] < 0.94


@pytest.mark.parametrize("seed", range(1, 7))
def test_spirals_are_bluer_outside_than_inside(seed: int):
    _, light = spiral(np.random.default_rng(seed))
    seen = blurred(light, np.full(3, 3.0), np.zeros((3, 2)))
    total = seen[..., 1]
    inside = total > np.quantile(total, 0.995)
    outside = (total > np.quantile(total, 0.8)) & ~inside
    colour = {
        name: -2.5 * np.log10(seen[where, 0] / total[where])
        for name, where in (("inside", inside), ("outside", outside))
    }
    bluer = np.average(colour["inside"], weights=total[inside]) - np.average(colour["outside"], weights=total[outside])
    assert bluer > 0.05


def test_effective_radius_puts_b_where_graham_and_driver_tabulate_it():
    # Their table: b = 7.669 for index 4 and 1.678 for index 1.
    assert gammaincinv(8, 0.5) == pytest.approx(7.669, abs=1e-3)
    at_centre, at_radius = sersic(np.array([0, 1], np.float32), np.zeros(2, np.float32), 4.0, 1.0, 1.0)
    assert math.log(at_centre / at_radius) == pytest.approx(7.669, abs=1e-3)
