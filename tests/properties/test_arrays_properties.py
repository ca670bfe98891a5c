"""Arrays of any names, axes and types: imported with the labels and pixels that were put in, or refused."""

import tempfile
from pathlib import Path

import h5py
import numpy as np
from hypothesis import given, settings, strategies as st

from datasets import SourceError
from datasets.sources.options import SourceOptions
from datasets.sources.source import read_source

NAMES = np.array(["Sb", "S0-", "E7"])
AXES = {
    "last": lambda images: images,
    "first": lambda images: np.moveaxis(images, 3, 1),
    "grey": lambda images: images[..., 0],
    "one last": lambda images: images[..., :1],
    "MATLAB": lambda images: np.moveaxis(images, 0, -1),
    "grey, MATLAB": lambda images: np.moveaxis(images[..., 0], 0, -1),
}
TYPES = {
    "uint8": lambda images: images,
    "0-1": lambda images: images / 255,
    "half": lambda images: (images / 255).astype(np.float16),
    "0-255": lambda images: images.astype(np.float32),
    "16 bits": lambda images: images.astype(np.uint16) * 257,
}
LABELS = {
    "numbers": lambda labels: labels,
    "column": lambda labels: labels[:, np.newaxis].astype(float),
    "names": lambda labels: NAMES[labels].astype("S3"),
    "one-hot": lambda labels: np.eye(3)[labels],
}
BESIDE = {
    "class_names": lambda images: NAMES.astype("S3"),
    "redshift": lambda images: np.arange(len(images)) / 7,
    "psf": lambda images: images.mean(axis=3).astype(np.uint8),
    "other": lambda images: images[:, ::-1, :, 1],
}


@settings(max_examples=80, derandomize=True, deadline=None)
@given(
    st.integers(6, 20),
    st.tuples(st.integers(5, 20), st.integers(5, 20)),
    st.sampled_from(sorted(AXES)),
    st.sampled_from(sorted(TYPES)),
    st.sampled_from(sorted(LABELS)),
    st.sets(st.sampled_from(sorted(BESIDE))),
    st.sampled_from(["images", "X", "data", "some"]),
    st.sampled_from(["labels", "y", "ans"]),
    st.sampled_from(["npz", "hdf5", "npy", "splits"]),
)
def test_arrays_are_read_right_or_refused(count, sides, axes, kind, labels, beside, images_name, labels_name, form):
    images, known = drawn(count, *sides)
    arrays = {images_name: TYPES[kind](images), labels_name: LABELS[labels](known)}
    arrays |= {name: BESIDE[name](images) for name in beside}
    with tempfile.TemporaryDirectory() as place:
        try:
            source = read_source(written(Path(place), arrays, form, images_name, AXES[axes]), SourceOptions())
        except SourceError:
            return
        listing = source.listing
        names = NAMES if labels == "names" or "class_names" in beside else np.array(["0", "1", "2"])
        assert [listing.classes[item.label] for item in listing.items] == names[known].tolist()
        expected = images[..., 0] if "grey" in axes or axes == "one last" else images
        for item, image in zip(listing.items, expected, strict=True):
            pixels = np.asarray(item.read(), int)
            assert pixels.shape == image.shape
            assert np.abs(pixels - image).max() <= 1


def drawn(count, height, width):
    """Pictures that can be seen, uint8 (count, height, width, 3), and a label for each: 0, 1 and 2 in turn."""
    images = np.random.default_rng(count).integers(0, 80, (count, height, width, 3), dtype=np.uint8)
    images[:, height // 3 :, width // 3 :] += 150
    return images, np.arange(count) % 3


def written(place, arrays, form, images_name, turned):
    """Write arrays in a form; those of images are ``turned`` to their axes, after they are split."""
    half = len(arrays[images_name]) // 2
    if form == "splits":
        parts = {"train": slice(0, half), "test": slice(half, None)}
        for split, rows in parts.items():
            for name, values in arrays.items():
                part = values if name == "class_names" else values[rows]
                np.save(place / f"{name}_{split}.npy", turned(part) if name == images_name else part)
        return place
    arrays = arrays | {images_name: turned(arrays[images_name])}
    if form == "npz":
        np.savez(place / "a.npz", **arrays)
        return place / "a.npz"
    if form == "hdf5":
        with h5py.File(place / "a.h5", "w") as file:
            for name, values in arrays.items():
                file[name] = values
        return place / "a.h5"
    for name, values in arrays.items():
        np.save(place / f"{name}.npy", values)
    return place
