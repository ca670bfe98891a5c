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
from datasets.rendering.grid import IMAGE_SIDE, NATIVE_SCALE, Grid, Placement
from datasets.rendering.kinds import KINDS, render
from datasets.rendering.neighbours import neighbours
from datasets.rendering.observation import Exposure, moffat, photograph
from datasets.rendering.photometry import Colour, distance_modulus, kiloparsec_per_arcsecond, stellar_colour
from datasets.rendering.population import EARLY, FAINTEST, LARGEST, SMALLEST, observe_one
from datasets.rendering.profiles import edge_on_disc, sersic, truncation
from datasets.rendering.spiral import Arms, Disc, spiral

SOME_GRIDS = [(1.0, 0.9), (0.5, 0.3), (2.5, 0.6), (4.0, 0.8)]


@pytest.mark.parametrize(("index", "axis_ratio"), SOME_GRIDS)
def test_sersic_profiles_are_those_of_astropy(index: float, axis_ratio: float):
    place = Placement(x=1.5, y=-2.0, angle=0.7)
    y, x = np.mgrid[-20:21, -20:21] * 0.5
    ours = sersic(index, 3.0, axis_ratio)(*place.along_axes(x, y))
    theirs = Sersic2D(1, 3.0, index, x_0=1.5, y_0=-2.0, ellip=1 - axis_ratio, theta=0.7)(x, y)
    assert ours / ours[0, 0] == pytest.approx(theirs / theirs[0, 0], rel=1e-4)


@pytest.mark.parametrize(("index", "axis_ratio"), SOME_GRIDS)
def test_sersic_profiles_have_flux_one_and_half_of_it_within_the_effective_radius(index: float, axis_ratio: float):
    grid, place = Grid(400, 0.25), Placement(angle=1.1)
    image = grid.integrate(sersic(index, 2.0, axis_ratio), place)
    axis = (np.arange(400) - 199.5) * 0.25
    major, minor = place.along_axes(axis[None, :], axis[:, None])
    half = image[np.hypot(major, minor / axis_ratio) < 2.0].sum()
    assert image.sum() == pytest.approx(1, abs=0.04 if index == 4.0 else 0.005)  # de Vaucouleurs's wings reach far
    assert half == pytest.approx(0.5, abs=0.02)


def test_the_core_is_integrated_over_the_pixel():
    # A narrow profile: its value at the centre of the pixel times the area would be 5 times its whole flux.
    image = Grid(21, 1.0).integrate(sersic(1.0, 0.3, 1.0), Placement())
    assert image[10, 10] == pytest.approx(0.8, abs=0.1)
    assert image.sum() == pytest.approx(1, abs=0.05)


def test_edge_on_discs_have_flux_one_and_fall_off_as_they_should():
    grid = Grid(401, 0.1)
    image = grid.integrate(edge_on_disc(2.0, 0.5, edge=100.0), Placement())
    assert image.sum() == pytest.approx(1, abs=0.01)
    upward = image[:, 200] / image[200, 200]
    assert upward[205] == pytest.approx(1 / math.cosh(1) ** 2, abs=0.02)  # one scale height up
    outward = image.sum(axis=0)
    assert outward[260] / outward[220] == pytest.approx(3 * 0.040156 / 0.601907, rel=0.02)  # x K1(x) at 3 and at 1


def test_discs_end_at_their_edge():
    assert truncation(np.array([0.0, 8.0, -8.0, 30.0], np.float32), 2.0, 4.0) == pytest.approx(
        [1, 0.5, 0.5, 0], abs=1e-3
    )


def test_points_on_the_sky_and_along_the_axes_are_each_others_inverse():
    place, major, minor = Placement(0.3, -1.2, 2.1), np.array([0.0, 3.0, -1.0]), np.array([2.0, 0.5, 0.0])
    assert np.allclose(place.along_axes(*place.on_sky(major, minor)), (major, minor), atol=1e-6)


def test_point_sources_keep_their_flux_and_place_and_those_outside_are_dropped():
    grid = Grid(9, 2.0)
    image = grid.deposit([1.0, 500.0], [-3.0, 0.0], [7.0, 5.0])
    y, x = np.mgrid[-4:5, -4:5] * 2.0
    assert image.sum() == pytest.approx(7)
    assert ((image * x).sum() / 7, (image * y).sum() / 7) == pytest.approx((1.0, -3.0))


def test_frames_hold_the_galaxy_in_native_pixels_or_in_128():
    small, large = Grid.framing(5.0), Grid.framing(20.0)
    assert small.scale == pytest.approx(NATIVE_SCALE, rel=0.01)
    assert small.side < large.side == IMAGE_SIDE
    assert (small.width, large.width) == pytest.approx((5 * 4.64, 20 * 4.64))


@pytest.mark.parametrize("redshift", [0.01, 0.05, 0.1, 0.15])
def test_distances_are_those_of_a_standard_cosmology(redshift: float):
    universe = FlatLambdaCDM(70, 0.3)
    assert distance_modulus(redshift) == pytest.approx(universe.distmod(redshift).value, abs=0.02)
    span = universe.kpc_proper_per_arcmin(redshift).value / 60
    assert kiloparsec_per_arcsecond(redshift) == pytest.approx(span, rel=0.01)


def test_colours_are_flux_ratios():
    g, r, i = Colour(g_r=0.7, r_i=0.4).fluxes(20.0)
    assert r == pytest.approx(10)
    assert (-2.5 * math.log10(g / r), -2.5 * math.log10(r / i)) == pytest.approx((0.7, 0.4))


def test_old_and_distant_stars_are_redder():
    young, old, far = stellar_colour(0, 0.05), stellar_colour(1, 0.05), stellar_colour(1, 0.15)
    assert young.g_r < old.g_r < far.g_r
    assert young.r_i < old.r_i < far.r_i


def test_galaxies_seen_are_bright_and_large_enough():
    generator = np.random.default_rng(1)
    seen = [observe_one(EARLY, 1.7, generator) for _ in range(300)]
    assert max(subject.magnitude for subject in seen) < FAINTEST
    assert SMALLEST < min(subject.r90 for subject in seen) < max(subject.r90 for subject in seen) < LARGEST
    assert np.std([subject.redshift for subject in seen]) > 0.02
    assert min(observe_one(EARLY, 1.7, generator, smallest=8).r90 for _ in range(50)) > 8


@pytest.mark.parametrize("arms", [2, 3, 4])
def test_arms_are_logarithmic_spirals_that_gather_light_without_adding_any(arms: int):
    spirals = Arms(arms, math.radians(15), 1, 2.0, 0.4, sharpness=2.0, waves=np.zeros((0, 3), np.float32))
    azimuth = np.linspace(0, 2 * math.pi, 720, endpoint=False, dtype=np.float32)
    for radius in (2.0, 3.0, 5.0):
        around = spirals.crest(np.full_like(azimuth, radius), azimuth)
        assert around.mean() == pytest.approx(1, abs=1e-3)
        crest = 0.4 + math.log(radius / 2.0) / math.tan(math.radians(15))
        nearest = (azimuth[around.argmax()] - crest) * arms / (2 * math.pi)
        assert abs(nearest - round(nearest)) < 0.02
        assert spirals.azimuth(np.array([radius]))[0] == pytest.approx(crest)


def test_young_stars_lie_on_the_arms_and_outside_their_start():
    arms = Arms(2, math.radians(15), -1, 3.0, 0.0, sharpness=2.5, waves=np.zeros((0, 3), np.float32))
    disc, grid = Disc(Placement(), 1.0, 3.0, 4.0, arms), Grid(101, 0.3)
    old, young = grid.integrate(disc.old, disc.place), grid.integrate(disc.young, disc.place)
    y, x = np.mgrid[-50:51, -50:51] * 0.3
    inside = np.hypot(x, y) < 1.5
    assert young[inside].sum() / young.sum() < 0.3 * old[inside].sum() / old.sum()
    ring = np.abs(np.hypot(x, y) - 5) < 0.5
    assert young[ring].std() / young[ring].mean() > 2 * old[ring].std() / old[ring].mean()


def test_drawn_arms_have_pitches_of_8_to_30_degrees_and_both_handednesses():
    generator = np.random.default_rng(1)
    drawn = [Arms.draw(2.0, generator) for _ in range(300)]
    pitches = np.degrees([arms.pitch for arms in drawn])
    assert 8 <= pitches.min() < pitches.max() <= 30
    assert {arms.count for arms in drawn} == {2, 3, 4}
    assert {arms.winding for arms in drawn} == {-1, 1}


def test_the_seeing_is_as_wide_as_it_says_and_stands_where_it_says():
    kernel = moffat(6.0, right=0.0, down=0.0)
    middle = len(kernel) // 2
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    assert kernel[middle, middle + 3] / kernel[middle, middle] == pytest.approx(0.5, abs=0.01)
    moved, axis = moffat(6.0, right=0.5, down=-0.25), np.arange(len(kernel)) - middle
    assert (moved.sum(axis=0) @ axis, moved.sum(axis=1) @ axis) == pytest.approx((0.5, -0.25), abs=0.05)


def test_bands_move_the_way_the_exposure_says():
    exposure = Exposure(np.full(3, 1.2), np.array([[0.8, -0.4], [0, 0], [0, 0]]), np.zeros(3))
    grid = Grid(41, 0.4)
    image = observation.blurred_band(grid.deposit([0.0], [0.0], [100.0]), grid, exposure, band=0)
    y, x = np.mgrid[-20:21, -20:21] * 0.4
    assert ((image * x).sum() / image.sum(), (image * y).sum() / image.sum()) == pytest.approx((0.8, -0.4), abs=0.03)


@pytest.mark.parametrize("scale", [NATIVE_SCALE, 2 * NATIVE_SCALE])
def test_noise_is_that_of_the_electrons_of_the_sky_and_smaller_in_larger_pixels(scale: float):
    exposure = Exposure(np.full(3, 1.3), np.zeros((3, 2)), np.array([0.0, 0.0, 0.5]))
    grid = Grid(128, scale)
    blank = observation.detected(np.zeros((3, 128, 128)), grid, exposure, np.random.default_rng(1))
    native = (scale / NATIVE_SCALE) ** 2
    expected = np.sqrt(observation.SKY / observation.ELECTRONS / native)
    assert blank.std(axis=(1, 2)) == pytest.approx(expected, rel=0.03)
    assert blank.mean(axis=(1, 2)) == pytest.approx([0, 0, 0.5], abs=0.002)


def test_bright_pixels_are_noisier_than_the_sky():
    exposure = Exposure(np.full(3, 1.3), np.zeros((3, 2)), np.zeros(3))
    light = np.full((3, 128, 128), 10.0)
    bright = observation.detected(light, Grid(128, NATIVE_SCALE), exposure, np.random.default_rng(1))
    assert bright.mean() == pytest.approx(10, rel=0.01)
    assert bright.std(axis=(1, 2)) == pytest.approx(np.sqrt((observation.SKY + 10) / observation.ELECTRONS), rel=0.03)


def test_photographs_show_red_light_red_and_blue_light_blue():
    grid = Grid(128, NATIVE_SCALE)
    disc = grid.integrate(sersic(1.0, 6.0, 1.0), Placement())
    for colour, stronger, weaker in ((Colour(1.0, 0.5), 0, 2), (Colour(0.0, 0.0), 2, 0)):
        light = disc[..., None] * colour.fluxes(15.0).astype(np.float32)
        image = photograph(light, grid, np.random.default_rng(1)).astype(float)
        assert image.shape == (IMAGE_SIDE, IMAGE_SIDE, 3)
        middle = image[60:68, 60:68].mean(axis=(0, 1))
        assert middle[stronger] > middle[weaker] + 20
        assert image[:8].mean() < 20


def test_neighbours_leave_the_middle_free_and_are_more_in_larger_fields():
    generator = np.random.default_rng(1)
    small = [neighbours(Grid(64, 0.4), generator) for _ in range(40)]
    large = [neighbours(Grid(128, 0.8), generator) for _ in range(40)]
    assert np.mean([field.any() for field in small]) < np.mean([field.any() for field in large])
    brightest = [np.unravel_index(field.sum(axis=2).argmax(), (128, 128)) for field in large if field.any()]
    assert min(math.hypot(row - 63.5, column - 63.5) for row, column in brightest) > 12


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


def test_spirals_are_bluer_outside_than_inside():
    _, light = spiral(np.random.default_rng(3))
    total = light[..., 1]
    colour = -2.5 * np.log10(light[..., 0] / total)
    inside = total > np.quantile(total, 0.995)
    outside = (total > np.quantile(total, 0.8)) & ~inside
    assert (
        np.average(colour[outside], weights=total[outside]) < np.average(colour[inside], weights=total[inside]) - 0.05
    )


def test_effective_radius_puts_b_where_graham_and_driver_tabulate_it():
    # Their table: b = 7.669 for index 4 and 1.678 for index 1.
    assert gammaincinv(8, 0.5) == pytest.approx(7.669, abs=1e-3)
    at_centre = sersic(4.0, 1.0, 1.0)(np.zeros(1, np.float32), np.zeros(1, np.float32))[0]
    at_radius = sersic(4.0, 1.0, 1.0)(np.ones(1, np.float32), np.zeros(1, np.float32))[0]
    assert math.log(at_centre / at_radius) == pytest.approx(7.669, abs=1e-3)
