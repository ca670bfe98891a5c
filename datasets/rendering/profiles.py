"""How the light of a galaxy's parts falls off."""

import math

import numpy as np
from scipy.special import gamma, gammaincinv, k1

from datasets.rendering.grid import Brightness, Plane


def sersic(index: float, effective_radius: float, axis_ratio: float) -> Brightness:
    """Sérsic's profile exp(-b ((r / effective_radius)^(1 / index) - 1)) on ellipses; flux 1 over the whole plane.

    Index 1 is an exponential disc, 4 de Vaucouleurs's law of ellipticals. ``effective_radius``, along the major axis,
    holds half of the light, which fixes b: the median of a gamma distribution of shape 2 ``index``. Both this and the
    total flux are in Graham and Driver 2005, PASA 22, 118.
    """
    b = float(gammaincinv(2 * index, 0.5))
    flux = 2 * math.pi * index * effective_radius**2 * axis_ratio * math.exp(b) * b ** (-2 * index) * gamma(2 * index)

    def brightness(major: Plane, minor: Plane) -> Plane:
        radius = np.hypot(major, minor / np.float32(axis_ratio)) / np.float32(effective_radius)
        light = np.exp(-np.float32(b) * (radius ** np.float32(1 / index) - 1)) / np.float32(flux)
        return np.asarray(light, dtype=np.float32)

    return brightness


def edge_on_disc(scale_length: float, scale_height: float, edge: float) -> Brightness:
    """An exponential disc seen exactly from its edge: (R / h) K1(R / h) sech²(z / z0), flux 1 before it is cut off.

    Van der Kruit and Searle 1981, A&A 95, 105; K1 is the modified Bessel function. The integrals along R and z are π h
    and 2 z0. The cut at ``edge`` scale lengths takes a few per cent of the flux.
    """
    flux = 2 * math.pi * scale_length * scale_height

    def brightness(major: Plane, minor: Plane) -> Plane:
        # x K1(x) tends to 1 at the centre, where K1 itself has no value; far out everything is 0.
        reduced = np.clip(np.abs(major) / np.float32(scale_length), 1e-6, 80.0)
        light = reduced * k1(reduced) * sech_squared(minor, scale_height) * truncation(major, scale_length, edge)
        return np.asarray(light / np.float32(flux), dtype=np.float32)

    return brightness


def sech_squared(height: Plane, scale_height: float) -> Plane:
    """Vertical profile of an isothermal sheet: 1 / cosh²(z / z0)."""
    return np.asarray(1 / np.cosh(np.clip(height / scale_height, -40, 40)) ** 2, dtype=np.float32)


def truncation(radius: Plane, scale_length: float, edge: float) -> Plane:
    """Share of a disc's light left at a radius, whatever its sign: discs end, smoothly, at ``edge`` scale lengths.

    These are 3 to 5 (van der Kruit and Searle 1981, A&A 95, 105).
    """
    beyond = (np.abs(radius) / scale_length - edge) / 0.35
    return np.asarray(1 / (1 + np.exp(np.clip(beyond, -40, 40))), dtype=np.float32)
