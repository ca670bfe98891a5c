"""Galaxies of no class: kept beside a dataset, in no split, and no part of its fingerprint."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from datasets_tests import source_examples as examples
from datasets_tests.remote_examples import upload

from datasets import (
    Dataset,
    FormatError,
    ImportOptions,
    SourceError,
    import_dataset,
    locate_dataset,
    open_folder,
    plan_import,
    read_quarantine,
    verify_dataset,
)


def picture(number, side=20):
    """Return an image that is like no other."""
    return np.random.default_rng(number).integers(number, 200, (side, side, 3), dtype=np.uint8)


@pytest.fixture
def others(tmp_path):
    """Three galaxies of no class, one of which cannot be read."""
    for number in range(2):
        examples.write(tmp_path / "others" / "deep" / f"{number}.png", examples.png(picture(number)))
    examples.write(tmp_path / "others" / "broken.png", b"\x89PNG and no more")
    return tmp_path / "others"


def challenge(place):
    """Write the Galaxy Challenge, with an image of a galaxy that meets no rule."""
    examples.challenge(place)
    examples.write(place / "images_training_rev1" / "999999.jpg", examples.png(picture(7)))
    return place


def options(**chosen):
    return ImportOptions(image_size=8, **chosen)


def imported(source, place, **chosen):
    return Dataset.open(import_dataset(source, place, options(**chosen)).path)


def test_a_vote_sources_left_out_galaxies_are_kept_where_they_are_asked_for(tmp_path):
    source = challenge(tmp_path / "source")
    table = source / "training_solutions_rev1.csv"
    with table.open("a", newline="") as file:  # not all of its votes are known: it may be of a class
        csv.writer(file).writerow([999_998, *[""] * 4, *[0.1] * (len(examples.CHALLENGE) - 4)])
    examples.write(source / "images_training_rev1" / "999998.jpg", examples.png(picture(1)))
    without, kept = imported(source, tmp_path / "without"), imported(source, tmp_path / "kept", keep_unlabelled=True)
    assert (len(without.unlabelled), without.info.unlabelled, without.info.left_out) == (0, None, 2)
    assert (kept.unlabelled.ids, kept.info.left_out) == (["images_training_rev1/999999.jpg"], 1)
    assert (kept.info.unlabelled.total, kept.info.unlabelled.left_out, kept.info.unlabelled.source) == (1, 1, None)
    assert kept.unlabelled.take([0]).shape == (1, 8, 8, 3)
    assert kept.fingerprint == without.fingerprint
    assert (kept.info.counts, kept.ids) == (without.info.counts, without.ids)


def test_arrays_without_labels_have_the_range_that_is_stated_of_those_with(tmp_path):
    light = np.random.default_rng(1).random((30, 20, 20, 3))
    np.savez(tmp_path / "a.npz", images=light[:24], labels=np.arange(24) % 2)
    np.save(tmp_path / "others.npy", light[24:])
    made = imported(tmp_path / "a.npz", tmp_path / "out", value_range="0,2", unlabelled=str(tmp_path / "others.npy"))
    assert made.preprocessing.value_range == (0, 2)
    assert verify_dataset(made.info.path) is not None
    assert 100 < made.unlabelled.take([*range(6)]).max() <= 128
    assert 100 < made.take([*range(24)]).max() <= 128


def test_others_are_given_and_those_that_cannot_be_kept_have_their_reasons(tiny_source, others, tmp_path):
    some = next(path for path in sorted(tiny_source.rglob("*")) if path.is_file())
    examples.write(others / "again.png", examples.png(picture(0)))
    (others / f"labelled{some.suffix}").write_bytes(some.read_bytes())
    side = min(imported(tiny_source, tmp_path / "plain").preprocessing.source_size)
    for path in (others / "deep").iterdir():
        path.write_bytes(examples.png(picture(int(path.stem), side)))
    examples.write(others / "again.png", examples.png(picture(0, side)))
    plan = plan_import(tiny_source, options(unlabelled=str(others)))
    made = imported(tiny_source, tmp_path / "out", unlabelled=str(others))
    assert (plan.unlabelled.total, made.info.unlabelled.total, made.info.unlabelled.left_out) == (5, 2, 0)
    assert made.info.unlabelled.source == str(others)
    assert made.unlabelled.ids == ["others/again.png", "others/deep/1.png"]
    first, second = made.unlabelled.take([0, 1])
    assert np.array_equal(made.unlabelled.take([1, 0, 1]), [second, first, second])
    assert not np.array_equal(first, second)
    reasons = dict(read_quarantine(made.info.path))
    assert reasons["others/deep/0.png"] == "has the pixels of another unlabelled image"
    assert reasons[f"others/labelled{some.suffix}"] == "unlabelled, and has the pixels of an image that has a class"
    assert "broken" in " ".join(reasons)
    with pytest.raises(IndexError, match="numbers must be 0 to 1, got 2 to 2"):
        made.unlabelled.take([2])


def test_what_cannot_be_meant_is_refused(tiny_source, others, tmp_path):
    with pytest.raises(SourceError, match="--keep-unlabelled has no meaning for class-folders"):
        plan_import(tiny_source, options(keep_unlabelled=True))
    with pytest.raises(SourceError, match=r"--unlabelled: 'none\.zip' does not exist: give a folder, archive"):
        plan_import(tiny_source, options(unlabelled="none.zip"))
    for other, why in ((others, r"expected images of \d+ pixels .* found 20: cut"), (others / "broken.png", "none of")):
        with pytest.raises(SourceError, match=rf"'{other}' cannot be kept: {why}"):  # before anything is decoded
            plan_import(tiny_source, options(unlabelled=str(other)))
    assert not (tmp_path / "out").exists()


def test_a_size_that_only_most_of_them_have_is_refused_at_the_end(tiny_source, others, tmp_path):
    side = min(imported(tiny_source, tmp_path / "plain").preprocessing.source_size)
    examples.write(others / "alike.png", examples.png(picture(9, side)))
    chosen = options(unlabelled=str(others))
    assert plan_import(tiny_source, chosen).unlabelled.total == 4
    with pytest.raises(SourceError, match=rf"expected images of {side} pixels .* as the others, found 20: cut out"):
        import_dataset(tiny_source, tmp_path / "out", chosen)
    assert not (tmp_path / "out").exists()


def test_they_go_with_a_dataset_wherever_it_is_and_are_verified(tmp_path, s3, s3_server, monkeypatch):
    monkeypatch.setenv("GALAXY_CACHE", str(tmp_path / "cache"))
    made = imported(challenge(tmp_path / "source"), tmp_path / "out", keep_unlabelled=True)
    remote = Dataset.open(upload(Path(made.info.path), open_folder(s3).child("out.galaxy")))
    verify_dataset(remote.info.path)
    before = s3_server.count("GET", "unlabelled-")
    assert remote.unlabelled.ids == made.unlabelled.ids
    assert s3_server.count("GET", "unlabelled-") == before  # the node has them
    (name,) = made.info.unlabelled.shards
    damaged = Path(made.info.path, name)
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    with pytest.raises(FormatError, match=rf"expected {name} with .*, found"):
        verify_dataset(made.info.path)
    damaged.unlink()
    with pytest.raises(FormatError, match=f"expected the file {name}, found none"):
        locate_dataset(made.info.path)


def test_a_dataset_from_before_there_were_any_reads_as_it_did(tiny_source, tmp_path):
    made = imported(tiny_source, tmp_path / "out")
    path = Path(made.info.path, "dataset.json")
    document = json.loads(path.read_text())
    del document["unlabelled"]
    path.write_text(json.dumps(document))
    again = Dataset.open(made.info.path)
    assert (again.info, len(again.unlabelled), again.unlabelled.ids) == (made.info, 0, [])
