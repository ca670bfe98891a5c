"""The shares of classes in a catalogue, from answers to it and to held-out images."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.csv as pv
import pyarrow.parquet as pq
import pytest
from scipy.special import softmax
from trainer_tests.examples import made_manifest

from datasets import TABLE_SUFFIXES, Dataset, append_columns
from trainer import (
    AnswerTable,
    CatalogueError,
    Classification,
    Decide,
    HeldOut,
    OptionsError,
    about_answers,
    count_classes,
    read_classified,
    wilson_interval,
)
from trainer.bundles.manifest import HeldOutRecord, NoneRecord, TrustRecord
from trainer.counting.explaining import Histogram, misfit
from trainer.counting.mixture import mixture
from trainer.counting.recalibrating import Recalibrator, logarithms

CLASSES = ("round", "spiral", "rare")
OURS = (0.6, 0.38, 0.02)


def answers(shares: tuple[float, ...], count: int, seed: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Draw galaxies of some shares, and what a network says that is twice too sure and takes none for rare."""
    generator = np.random.default_rng(seed)
    true = generator.choice(len(shares), count, p=shares)
    centres = np.array([[2.0, 0, 0], [0, 2.0, 0], [0, 1.0, 1.6], [-0.5, -0.5, -0.5]])
    looks = centres[true] + generator.normal(0, 1, (count, 3))
    likely = looks @ centres[:3].T - (centres[:3] ** 2).sum(axis=1) / 2  # logarithms, but for a constant
    return true, softmax(2 * likely, axis=1).astype(np.float32)


def written(
    path: Path, classes: tuple[str, ...], said: Mapping[str, str], prefix: str = "", table: Path | None = None
) -> None:
    """Write a table of answers, one of each class, as `galaxy classify` does, behind the columns of ``table``."""
    answers = [
        Classification(f"{name}.jpg", name, dict.fromkeys(classes, 1 / len(classes)), (), None, None)
        for name in classes
    ]
    if table is None:
        table = path.parent / "in.csv"
        table.write_text("path\n" + "".join(f"{row}.jpg\n" for row in range(len(classes))))
    columns = AnswerTable(classes, prefix)
    schema = columns.saying(said)
    append_columns(table, schema, lambda: iter([columns.batch(answers).cast(schema)]), path)


@pytest.fixture(scope="module")
def held_out() -> HeldOut:
    return HeldOut(*answers(OURS, 3000, 2))


def test_the_mix_of_a_catalogue_is_found_with_its_interval(held_out: HeldOut) -> None:
    covered = 0
    for seed, shares in enumerate([OURS, (0.2, 0.6, 0.2), (0.9, 0.1, 0.0)]):
        true, probabilities = answers(shares, 1500, 10 + seed)
        found = count_classes(held_out, probabilities, probabilities.argmax(axis=1), CLASSES, draws=60)
        truth = np.bincount(true, minlength=3) / len(true)
        assert found.galaxies == 1500
        for name, share in zip(CLASSES, truth, strict=True):
            estimate = found.shares[name]
            covered += (estimate.low or 0) <= share <= (estimate.high or 0)
            assert abs((estimate.value or 0) - share) < 0.06
            assert estimate.named == (probabilities.argmax(axis=1) == CLASSES.index(name)).sum()
        assert found.is_explained
    assert covered >= 8  # of 9 intervals of 95 %
    # Of the last nothing is rare, though much is called so.
    assert found.shares["rare"].named > 15
    assert (found.shares["rare"].value or 0) < 0.01


def test_a_class_that_is_called_as_galaxies_of_none_are_is_not_counted(held_out: HeldOut) -> None:
    _, probabilities = answers(OURS, 20, 1)
    for name in ("none of these", "None_of_these"):
        with pytest.raises(
            OptionsError, match=f"which is what galaxies of no class are called, found '{name}': import"
        ):
            count_classes(held_out, probabilities, probabilities.argmax(axis=1), ("round", name, "rare"), draws=2)


def test_what_no_mix_explains_is_said(held_out: HeldOut) -> None:
    generator = np.random.default_rng(3)
    unlike = softmax(generator.normal(0, 0.3, (400, 3)), axis=1).astype(np.float32)
    _, probabilities = answers(OURS, 600, 4)
    both = np.concatenate([probabilities, unlike])
    found = count_classes(held_out, both, both.argmax(axis=1), CLASSES, draws=40)
    assert not found.is_explained
    assert found.as_json()["explained"] is False


def test_rows_that_were_chosen_by_their_answers_are_no_mix(held_out: HeldOut) -> None:
    _, probabilities = answers(OURS, 3000, 8)
    named = probabilities.argmax(axis=1)
    explained = {}
    for what, kept in {"all": named >= 0, "spirals": named == 1, "likely spirals": probabilities[:, 1] > 0.6}.items():
        count = count_classes(held_out, probabilities[kept], named[kept], CLASSES, draws=40)
        explained[what] = count.is_explained
    assert explained == {"all": True, "spirals": False, "likely spirals": False}


def test_galaxies_of_no_class_are_one_where_some_were_held_out(held_out: HeldOut) -> None:
    _, none = answers((0, 0, 0, 1), 400, 5)
    with_none = held_out.with_none(none)
    true, probabilities = answers((0.3, 0.15, 0.05, 0.5), 1500, 6)
    named = np.where(probabilities.max(axis=1) < 0.9, 3, probabilities.argmax(axis=1))
    found = count_classes(with_none, probabilities, named, CLASSES, draws=40)
    assert [*found.shares] == [*CLASSES, "none of these"]
    for at, share in enumerate(found.shares.values()):
        assert abs((share.value or 0) - (true == at).mean()) < 0.05
    assert found.shares["none of these"].named == (named == 3).sum()
    assert found.is_explained
    alone = count_classes(held_out, probabilities, probabilities.argmax(axis=1), CLASSES, draws=40)
    assert not alone.is_explained


def test_a_class_of_few_held_out_images_has_no_share(held_out: HeldOut) -> None:
    kept = np.concatenate([np.flatnonzero(held_out.true != 2), np.flatnonzero(held_out.true == 2)[:19]])
    few = HeldOut(held_out.true[kept], held_out.probabilities[kept])
    _, probabilities = answers(OURS, 300, 7)
    found = count_classes(few, probabilities, probabilities.argmax(axis=1), CLASSES, draws=20)
    rare = found.shares["rare"]
    assert (rare.value, rare.low, rare.high, rare.held_out) == (None, None, None, 19)
    assert found.as_json()["fractions"]["rare"] is None
    assert found.as_json()["intervals"]["rare"] is None
    assert found.shares["spiral"].value is not None
    without = HeldOut(held_out.true[held_out.true != 2], held_out.probabilities[held_out.true != 2])
    count = count_classes(without, probabilities, probabilities.argmax(axis=1), CLASSES, draws=20)
    assert (count.shares["round"].value or 0) + (count.shares["spiral"].value or 0) == pytest.approx(1)


@pytest.mark.parametrize("suffix", TABLE_SUFFIXES)
def test_every_table_of_answers_is_counted_unless_another_model_gave_them(
    tiny_dataset: Dataset, tmp_path: Path, suffix: str
) -> None:
    # FITS has names of columns in ASCII.
    manifest = made_manifest(tiny_dataset, classes=("Spirale à bras", "楕円銀河", *tiny_dataset.classes[2:]))
    for fingerprint in (manifest.dataset_fingerprint, "another"):
        written(tmp_path / f"{fingerprint}{suffix}", manifest.classes, {"dataset_fingerprint": fingerprint})
    found = read_classified(tmp_path / f"{manifest.dataset_fingerprint}{suffix}", manifest)
    assert found.named.tolist() == [*range(len(manifest.classes))]
    with pytest.raises(CatalogueError, match="was trained on another dataset, as its metadata say"):
        read_classified(tmp_path / f"another{suffix}", manifest)


def test_answers_without_what_tells_galaxies_of_no_class_are_refused(tiny_dataset: Dataset, tmp_path: Path) -> None:
    manifest = made_manifest(tiny_dataset)
    written(tmp_path / "a.csv", manifest.classes, {"dataset_fingerprint": manifest.dataset_fingerprint})
    kept = pv.read_csv(tmp_path / "a.csv").drop_columns(["none"])
    pq.write_table(kept, tmp_path / "kept.parquet")
    assert len(read_classified(tmp_path / "kept.parquet", manifest).named) == len(manifest.classes)
    told = replace(manifest, none=NoneRecord(9, 9, 9, 1.0, {}, {}, None))
    with pytest.raises(CatalogueError, match="expected this model's column 'none', which tells galaxies of no class"):
        read_classified(tmp_path / "kept.parquet", told)


@pytest.mark.parametrize("suffix", TABLE_SUFFIXES)
def test_answers_of_another_model_of_the_same_dataset_are_not_counted(
    tiny_dataset: Dataset, tmp_path: Path, suffix: str
) -> None:
    ours, other = (
        replace(made_manifest(tiny_dataset), files={"a.keras": of * 64}, held_out=HeldOutRecord("h.npz", held * 64, 9))
        for of, held in (("a", "b"), ("c", "d"))
    )
    for name, manifest in (("ours", ours), ("other", other)):
        said = about_answers(manifest, f"/runs/{name}/model", Decide.ACCURACY, None)
        written(tmp_path / f"{name}{suffix}", manifest.classes, said)
    assert read_classified(tmp_path / f"ours{suffix}", ours).named.tolist() == [*range(len(ours.classes))]
    with pytest.raises(
        CatalogueError,
        match=r"found those of another, the model '/runs/other/model' as it was then.*: "
        "count with the model that gave them, or classify again with this one",
    ):
        read_classified(tmp_path / f"other{suffix}", ours)
    said.pop("model_mark")  # as in what older versions wrote
    written(tmp_path / f"older{suffix}", ours.classes, said)
    assert len(read_classified(tmp_path / f"older{suffix}", ours).named) == len(ours.classes)


def test_no_error_rate_is_said_that_cannot_be_promised(tiny_dataset: Dataset) -> None:
    sure_from = {"accuracy": None, "balanced": 0.7}
    trust = TrustRecord("trust.npz", "a" * 64, 30, 0.02, sure_from, None)
    manifest = replace(made_manifest(tiny_dataset), trust=trust, thresholds=dict.fromkeys(tiny_dataset.classes, 1.0))
    said = {decide: about_answers(manifest, "m", Decide(decide), None).get("max_error") for decide in sure_from}
    assert said == {"accuracy": None, "balanced": "0.02"}
    assert about_answers(manifest, "m", Decide.ACCURACY, 0.2)["max_error"] == "0.2"  # else it is refused


@pytest.mark.parametrize("prefixes", [("a_", "b_"), ("", "b_"), ("é_", "")])
@pytest.mark.parametrize("suffix", TABLE_SUFFIXES)
def test_the_answers_of_two_models_in_one_table_are_told_apart(
    tiny_dataset: Dataset, tmp_path: Path, suffix: str, prefixes: tuple[str, str]
) -> None:
    models = [
        replace(made_manifest(tiny_dataset), files={"a.keras": of * 64}, held_out=HeldOutRecord("h.npz", of * 64, 9))
        for of in "ab"
    ]
    table = None
    for number, (manifest, prefix) in enumerate(zip(models, prefixes, strict=True)):
        said = about_answers(manifest, f"/runs/{number}/model", Decide.ACCURACY, None)
        out = tmp_path / f"{number}{suffix}"
        written(out, manifest.classes, said, prefix, table)
        table = out
    for manifest, prefix, other in zip(models, prefixes, prefixes[::-1], strict=True):
        assert len(read_classified(out, manifest, prefix=prefix).named) == len(manifest.classes)
        with pytest.raises(CatalogueError, match=r"found those of another, the model '/runs/./model' as it was then"):
            read_classified(out, manifest, prefix=other)


def test_metadata_of_earlier_versions_are_of_the_only_answers_behind_whatever_prefix(
    tiny_dataset: Dataset, tmp_path: Path
) -> None:
    ours, other = (replace(made_manifest(tiny_dataset), files={"a.keras": of * 64}) for of in "ab")
    said = about_answers(ours, "/runs/ours/model", Decide.ACCURACY, None)
    (tmp_path / "in.csv").write_text("path\n" + "x.jpg\n" * len(ours.classes))

    def older(name: str, prefix: str, table: str) -> Path:
        out = tmp_path / name
        written(out, ours.classes, {}, prefix, tmp_path / table)
        pq.write_table(pq.read_table(out).replace_schema_metadata(said), out)
        return out

    one = older("one.parquet", "a_", "in.csv")
    assert len(read_classified(one, ours, prefix="a_").named) == len(ours.classes)
    with pytest.raises(CatalogueError, match="found those of another, the model '/runs/ours/model'"):
        read_classified(one, other, prefix="a_")
    several = older("two.parquet", "b_", "one.parquet")
    for prefix in ("a_", "b_"):
        with pytest.raises(CatalogueError, match="which of its answers its metadata are of, found several: classify"):
            read_classified(several, ours, prefix=prefix)


@pytest.mark.parametrize("suffix", TABLE_SUFFIXES)
def test_classes_that_are_numbers_or_look_like_formulas_are_counted(
    tiny_dataset: Dataset, tmp_path: Path, suffix: str
) -> None:
    classes = ("-1", "0", "+1.5", "=x", "-a")
    manifest = made_manifest(tiny_dataset, classes=classes)
    written(tmp_path / f"out{suffix}", classes, {})
    assert read_classified(tmp_path / f"out{suffix}", manifest).named.tolist() == [0, 1, 2, 3, 4]
    if suffix == ".csv":
        text = (tmp_path / "out.csv").read_text()
        assert [line.split(",")[1] for line in text.splitlines()[1:]] == ["-1", "0", "+1.5", "'=x", "'-a"]
        (tmp_path / "older.csv").write_text(text.replace(",-1,", ",'-1,"))
        assert read_classified(tmp_path / "older.csv", manifest).named.tolist() == [0, 1, 2, 3, 4]


def test_an_interval_is_as_wide_as_that_of_a_model_that_mistakes_nothing(held_out: HeldOut) -> None:
    true, probabilities = answers(OURS, 4, 5)
    found = count_classes(held_out, probabilities, true, CLASSES, draws=20)
    for share in found.shares.values():
        low, high = wilson_interval(round((share.value or 0) * 4), 4) or (0, 0)
        assert (share.low or 0) <= low
        assert (share.high or 0) >= high  # 49 % of what none of four is


def test_what_is_drawn_is_always_the_same(held_out: HeldOut) -> None:
    _, probabilities = answers(OURS, 200, 8)
    named = probabilities.argmax(axis=1)
    assert count_classes(held_out, probabilities, named, CLASSES, draws=10) == count_classes(
        held_out, probabilities, named, CLASSES, draws=10
    )


def test_recalibrated_probabilities_say_how_often_a_class_is_true(held_out: HeldOut) -> None:
    logs = logarithms(held_out.probabilities)
    found = Recalibrator(held_out.true, logs, has_none=False).fit(np.ones(len(logs)))
    assert 0.4 < np.diag(found.weights).mean() < 0.6  # it was twice too sure
    mean = found.of(logs).mean(axis=0)
    assert mean == pytest.approx(np.bincount(held_out.true) / len(logs), abs=0.003)
    assert abs(held_out.probabilities.mean(axis=0) - mean).max() > 0.02


def test_a_mixture_of_what_is_certain_is_its_count() -> None:
    certain = np.eye(3)[np.repeat([0, 1, 2], [5, 3, 2])]
    prior = np.array([0.2, 0.2, 0.6])
    assert mixture(certain, prior) == pytest.approx([0.5, 0.3, 0.2])
    weights = np.concatenate([np.zeros(5), np.ones(5)])
    assert mixture(certain, prior, weights) == pytest.approx([0, 0.6, 0.4])
    vague = np.tile(prior, (4, 1))
    assert mixture(vague, prior) == pytest.approx(prior)  # it tells nothing
    assert mixture(vague, np.array([0.5, 0.5, 0.0])).tolist()[2] == 0


def test_a_histogram_of_the_same_mix_is_near() -> None:
    _, probabilities = answers(OURS, 2000, 9)
    histogram = Histogram.of(probabilities.astype(np.float64))
    counts = histogram.counts(histogram.places(probabilities.astype(np.float64)))
    assert [one.sum() for one in counts] == [2000, 2000]
    by_class = [one[np.newaxis] for one in counts]
    assert misfit(counts, by_class, np.ones(1)) < 1
    assert misfit([one[::-1] for one in counts], by_class, np.ones(1)) > 100
