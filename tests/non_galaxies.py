"""Pictures that are no galaxies, drawn by code: what a classifier should say it has not learnt."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

SIDE = 232
"""Pixels a side before resizing, those of the Galaxy Zoo images."""
_WORDS = ("some", "words", "about", "nothing", "that", "shines", "in", "any", "sky", "tonight", "or", "ever")
Generator = np.random.Generator


def draw(kind: str, count: int, *, side: int, seed: int) -> npt.NDArray[np.uint8]:
    """Draw pictures of a kind in KINDS: uint8, (count, side, side, 3), each different and resized as an import does."""
    generator = np.random.default_rng([seed, sorted(KINDS).index(kind)])
    drawn = [Image.fromarray(KINDS[kind](generator)) for _ in range(count)]
    return np.array([np.asarray(one.resize((side, side), Image.Resampling.LANCZOS)) for one in drawn], np.uint8)


def _colour(generator: Generator, low: int = 0, high: int = 256) -> tuple[int, ...]:
    return tuple(int(value) for value in generator.integers(low, high, 3))


def _canvas(colour: tuple[int, ...]) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (SIDE, SIDE), colour)
    return image, ImageDraw.Draw(image)


def _write(generator: Generator, paper: tuple[int, ...], ink: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    image, pen = _canvas(paper)
    size = int(generator.integers(12, 40))
    font = ImageFont.load_default(size)
    for top in range(4, SIDE, int(size * 1.4)):
        pen.text((6, top), " ".join(generator.choice(_WORDS, 12)), ink, font)
    return np.asarray(image)


def _text(generator: Generator) -> npt.NDArray[np.uint8]:
    return _write(generator, _colour(generator, 200), _colour(generator, 0, 90))


def _text_on_black(generator: Generator) -> npt.NDArray[np.uint8]:
    return _write(generator, _colour(generator, 0, 15), _colour(generator, 150))


def _draw_face(generator: Generator, background: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    image, pen = _canvas(background)
    x, y, r = (*generator.integers(90, 142, 2), generator.integers(50, 90))
    skin = _colour(generator, 120)
    pen.ellipse((x - r, y - 1.25 * r, x + r, y + 1.25 * r), fill=skin)
    for eye in (-0.4, 0.4):
        pen.ellipse((x + (eye - 0.17) * r, y - 0.4 * r, x + (eye + 0.17) * r, y - 0.2 * r), fill=(255, 255, 255))
        pen.ellipse((x + (eye - 0.07) * r, y - 0.37 * r, x + (eye + 0.07) * r, y - 0.23 * r), fill=(20, 20, 40))
    pen.polygon([(x, y - 0.1 * r), (x - 0.12 * r, y + 0.25 * r), (x + 0.12 * r, y + 0.25 * r)], fill=(150, 90, 80))
    pen.arc((x - 0.5 * r, y, x + 0.5 * r, y + 0.8 * r), 20, 160, fill=(160, 30, 40), width=max(2, int(r) // 10))
    pen.chord((x - r, y - 1.3 * r, x + r, y - 0.2 * r), 190, 350, fill=_colour(generator, 10, 120))
    return np.asarray(image)


def _face(generator: Generator) -> npt.NDArray[np.uint8]:
    return _draw_face(generator, _colour(generator, 40))


def _face_on_black(generator: Generator) -> npt.NDArray[np.uint8]:
    return _draw_face(generator, _colour(generator, 0, 15))


def _noise(generator: Generator) -> npt.NDArray[np.uint8]:
    grey = generator.integers(2)
    noise = generator.normal(generator.uniform(40, 200), generator.uniform(20, 80), (SIDE, SIDE, 1 if grey else 3))
    block = int(generator.choice([1, 2, 4, 8]))
    coarse = np.kron(noise[: SIDE // block, : SIDE // block], np.ones((block, block, 1)))
    return np.clip(np.broadcast_to(coarse, (*coarse.shape[:2], 3)), 0, 255).astype(np.uint8)


def _solid(generator: Generator) -> npt.NDArray[np.uint8]:
    black = generator.random() < 0.2
    return np.full((SIDE, SIDE, 3), _colour(generator, 0, 30 if black else 256), np.uint8)


def _checkerboard(generator: Generator) -> npt.NDArray[np.uint8]:
    square, (y, x) = int(generator.integers(6, 60)), np.mgrid[:SIDE, :SIDE]
    odd = ((y // square + x // square) % 2).astype(bool)[..., np.newaxis]
    return np.where(odd, np.array(_colour(generator, 120)), np.array(_colour(generator, 0, 120))).astype(np.uint8)


def _gradient(generator: Generator) -> npt.NDArray[np.uint8]:
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    angle = generator.uniform(0, 2 * np.pi)
    along = (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle) + 0.5
    share = np.clip(along, 0, 1)[..., np.newaxis]
    return (share * np.array(_colour(generator)) + (1 - share) * np.array(_colour(generator))).astype(np.uint8)


def _clouds(generator: Generator) -> npt.NDArray[np.uint8]:
    """Noise with the power spectrum of natural scenes, 1/f² (Field 1987), in related colours."""
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(SIDE), np.fft.fftfreq(SIDE)))
    frequency[0, 0] = 1
    channels = []
    shared = generator.normal(size=(SIDE, SIDE))
    for _ in range(3):
        white = shared + 0.3 * generator.normal(size=(SIDE, SIDE))
        field = np.fft.ifft2(np.fft.fft2(white) / frequency ** generator.uniform(0.8, 1.5)).real
        channels.append((field - field.mean()) / field.std())
    return np.clip(generator.uniform(80, 170) + 45 * np.stack(channels, -1), 0, 255).astype(np.uint8)


def _wood(generator: Generator) -> npt.NDArray[np.uint8]:
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    warp = 0.15 * np.sin(2 * np.pi * (generator.uniform(0.5, 2) * x + generator.uniform(0, 1)))
    rings = 0.5 + 0.5 * np.sin(2 * np.pi * generator.uniform(5, 20) * (y + warp))
    grain = generator.normal(0, 0.06, (SIDE, SIDE))
    light = np.clip(0.55 + 0.35 * rings + grain, 0, 1.2)[..., np.newaxis]
    return np.clip(light * np.array([170, 115, 70]) * generator.uniform(0.7, 1.2), 0, 255).astype(np.uint8)


def _stones(generator: Generator) -> npt.NDArray[np.uint8]:
    """Cells around random points (Voronoi), dark at their borders."""
    points = generator.uniform(0, SIDE, (int(generator.integers(12, 60)), 2))
    y, x = np.mgrid[:SIDE, :SIDE]
    distances = np.hypot(y[..., np.newaxis] - points[:, 0], x[..., np.newaxis] - points[:, 1])
    nearest = np.partition(distances, 1, axis=-1)
    edge = np.clip((nearest[..., 1] - nearest[..., 0]) / 6, 0.2, 1)[..., np.newaxis]
    colours = generator.normal(130, 30, (len(points), 1)) + generator.normal(0, 12, (len(points), 3))
    return np.clip(edge * colours[distances.argmin(-1)], 0, 255).astype(np.uint8)


def _landscape(generator: Generator) -> npt.NDArray[np.uint8]:
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    image = 255 * (1 - 0.5 * y[..., np.newaxis] * np.array([0.4, 0.2, 0.1])) * np.array([0.5, 0.7, 0.95])
    for depth in range(3):
        ridge = 0.4 + 0.15 * depth + 0.06 * np.sin(2 * np.pi * (generator.uniform(0.5, 3) * x + generator.random()))
        image[y > ridge] = np.array([60, 110, 50]) * generator.uniform(0.4, 1.2)
    return np.clip(image + generator.normal(0, 8, image.shape), 0, 255).astype(np.uint8)


def _shape(generator: Generator) -> npt.NDArray[np.uint8]:
    """A flat shape in the middle of a dark picture: what is nearest to a galaxy here."""
    image, pen = _canvas(_colour(generator, 0, 15))
    r, sides = int(generator.integers(25, 80)), int(generator.integers(3, 7))
    centre = SIDE / 2
    colour = _colour(generator, 100)
    if sides == 6:
        pen.ellipse((centre - r, centre - r, centre + r, centre + r), outline=colour, width=max(4, r // 4))
    else:
        pen.regular_polygon((centre, centre, r), sides, rotation=int(generator.integers(360)), fill=colour)
    return np.asarray(image)


KINDS: Mapping[str, Callable[[Generator], npt.NDArray[np.uint8]]] = {
    "text": _text,
    "text on black": _text_on_black,
    "faces": _face,
    "faces on black": _face_on_black,
    "noise": _noise,
    "solid colours": _solid,
    "checkerboards": _checkerboard,
    "gradients": _gradient,
    "clouds": _clouds,
    "wood": _wood,
    "stones": _stones,
    "landscapes": _landscape,
    "shapes on black": _shape,
}
