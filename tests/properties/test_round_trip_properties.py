"""Pixels, ids, labels and splits pass through the Arrow files unchanged, and sharding does not show."""

import io
import tempfile
from pathlib import Path
from unittest import mock

import numpy as np
from hypothesis import given, settings, strategies as st
from PIL import Image

from datasets import Dataset, ImportOptions, Split, import_dataset
from datasets.arrow.shard_files import make_table, open_table, pixel_view, with_splits, write_table
from datasets.arrow.verification import content_fingerprint


@settings(max_examples=40, derandomize=True, deadline=None)
@given(st.integers(1, 9), st.integers(1, 12), st.integers(1, 12), st.data())
def test_a_table_gives_back_what_it_was_given(count, height, width, data):
    generator = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    images = generator.integers(0, 256, (count, height, width, 3), dtype=np.uint8)
    ids = data.draw(st.lists(st.text(st.characters(codec="utf-8")), min_size=count, max_size=count))
    hashes = data.draw(st.lists(st.binary(min_size=32, max_size=32), min_size=count, max_size=count))
    labels = generator.integers(0, 30_000, count)
    splits = generator.integers(0, 3, count).astype(np.int8)
    with tempfile.TemporaryDirectory() as place:
        write_table(with_splits(make_table(ids, labels, hashes, images), splits), Path(place) / "a.arrow")
        table = open_table(Path(place) / "a.arrow")
        view = pixel_view(table)
        assert np.array_equal(view, images)
        assert not view.flags.writeable
        assert table.column("id").to_pylist() == ids
        assert table.column("label").to_pylist() == labels.tolist()
        assert table.column("split").to_pylist() == splits.tolist()
        assert table.column("source_hash").to_pylist() == hashes


@settings(max_examples=12, derandomize=True, deadline=None)
@given(
    st.lists(st.integers(3, 9), min_size=2, max_size=3), st.integers(8, 11), st.integers(1, 7), st.integers(1, 10**6)
)
def test_an_import_keeps_every_pixel_however_it_is_cut_into_files(counts, side, rows_per_file, seed):
    generator = np.random.default_rng(seed)
    pixels = {
        f"class {label}/{number}.png": generator.integers(0, 256, (side, side, 3), dtype=np.uint8)
        for label, count in enumerate(counts)
        for number in range(count)
    }
    with tempfile.TemporaryDirectory() as place:
        for name, image in pixels.items():
            path = Path(place, "source", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            stream = io.BytesIO()
            Image.fromarray(image).save(stream, format="PNG")
            path.write_bytes(stream.getvalue())
        options = ImportOptions(image_size=side, seed=seed)
        whole = import_dataset(Path(place, "source"), Path(place, "whole"), options)
        with mock.patch("datasets.arrow.shard_files.BYTES_PER_SHARD", rows_per_file * 3 * side**2):
            cut = import_dataset(Path(place, "source"), Path(place, "cut"), options)
        assert len(cut.shards) == -(-len(pixels) // rows_per_file)
        assert cut.fingerprint == whole.fingerprint
        dataset = Dataset.open(cut.path)
        assert content_fingerprint(dataset) == whole.fingerprint
        assert sorted(dataset.ids) == sorted(pixels)
        rows = np.concatenate([dataset.rows(split) for split in Split])
        assert sorted(rows) == list(range(len(pixels)))
        for row, image in zip(rows, dataset.take(rows), strict=True):
            assert np.array_equal(image, pixels[dataset.ids[row]])
            assert dataset.classes[dataset.labels[row]] == dataset.ids[row].split("/")[0]
