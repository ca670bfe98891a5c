"""Bins of a column, scores in them, and another mix of classes."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from trainer import OptionsError, read_prior, wilson_interval
from trainer.estimating.bin_scores import column_scores, weights_of, whole_scores
from trainer.estimating.bins import By, binned
from trainer.estimating.prior import checked_prior

NAN = float("nan")


@pytest.mark.parametrize(
    ("values", "options", "names", "places"),
    [
        (pa.array([*range(10)]), {"bins": 2}, ["0 to 4.5", "4.5 to 9"], [0] * 5 + [1] * 5),
        (pa.array([1.0, 2.0, 3.0, 4.0, NAN, None]), {"bins": 2}, ["1 to 2.5", "2.5 to 4"], [0, 0, 1, 1, 2, 2]),
        (pa.array([0, 0, 0, 0, 0, 0, 1, 2, 3]), {"bins": 3}, ["0 to 0.3333", "0.3333 to 3"], [0] * 6 + [1] * 3),
        (pa.array([2, 1, 2]), {}, ["1", "2"], [1, 0, 1]),
        (pa.array([1.0, 2.0, 3.0]), {"edges": (2.0,)}, ["below 2", "2 and above"], [0, 1, 1]),
        (pa.array([1.0, 2.0, 3.0]), {"edges": (1.0, 2.0, 3.0)}, ["1 to 2", "2 to 3"], [0, 1, 1]),
        (pa.array([0.5, 9.0]), {"edges": (1, 2, 3)}, ["below 1", "1 to 2", "2 to 3", "3 and above"], [0, 3]),
        *(
            (pa.array(np.array([0.7, 0.1, 0.9], kind)), {"edges": (0.7,)}, ["below 0.7", "0.7 and above"], [1, 0, 1])
            for kind in (np.float16, np.float32, np.float64)
        ),
        (pa.array([float("inf"), 1.0, 1.0]), {}, ["1"], [1, 0, 0]),
        (pa.array([None, None], pa.float64()), {}, [], [0, 0]),
        (pa.array([10000.1, 10000.2, 10000.3]), {"bins": 2}, ["10000.1 to 10000.2", "10000.2 to 10000.3"], [0, 1, 1]),
        (pa.array(["b", "a", "", None, " b"]), {}, ["a", "b"], [1, 0, 2, 2, 1]),
        (pa.array([None, None], pa.string()), {}, [], [0, 0]),
        (pa.array([True, False, None]), {}, ["no", "yes"], [1, 0, 2]),
        (pa.array([f"w{n:02}" for n in range(30)]), {}, [f"w{n:02}" for n in range(19)] + ["others (11 words)"], None),
    ],
)
def test_bins(values: pa.Array, options: dict, names: list[str], places: list[int] | None) -> None:
    found = binned("c", values, **options)
    assert [one.name for one in found.bins] == [*names, "not known"]
    expected = [min(n, 19) for n in range(30)] if places is None else places
    assert found.places.tolist() == expected


def test_edges_are_read_and_are_of_numbers() -> None:
    assert By.parse("z=0.1,2") == By("z", (0.1, 2.0))
    assert By.parse("z = 3") == By("z", (3.0,))
    assert By.parse("a=b") == By("a=b")  # a name
    with pytest.raises(OptionsError, match="--by z=3,1: expected edges that ascend, found 3,1"):
        By.parse("z=3,1")
    with pytest.raises(OptionsError, match="--by c: edges are of numbers, and the column has words"):
        binned("c", pa.array(["a"]), edges=(1.0,))
    with pytest.raises(OptionsError, match="--by c: expected numbers, words or truths, and the column has date32"):
        binned("c", pa.array([0], pa.date32()))


def test_completeness_and_purity_in_each_bin() -> None:
    true = np.array([0, 0, 0, 1, 1, 1, 1, 0])
    decided = np.array([0, 0, 1, 1, 1, 0, 1, 0])
    found = column_scores(binned("z", pa.array([1, 1, 1, 1, 2, 2, 2, None])), true, decided, ("a", "b"), absent=1)
    low, high, unknown = found.bins
    assert (low.count, low.accuracy, low.accuracy_interval) == (4, 0.75, wilson_interval(3, 4))
    a, b = low.per_class["a"], low.per_class["b"]
    assert (a.support, a.named, a.right, a.completeness, a.purity) == (3, 2, 2, 2 / 3, 1.0)
    assert (a.completeness_interval, a.purity_interval) == (wilson_interval(2, 3), wilson_interval(2, 2))
    assert (b.completeness, b.purity) == (1.0, 0.5)
    assert high.per_class["a"].completeness is None
    assert (unknown.count, found.unknown, len(found.as_json()["bins"])) == (1, 1, 3)
    assert json.dumps(found.as_json(), allow_nan=False)
    known = column_scores(binned("z", pa.array([1] * 8)), true, decided, ("a", "b"))
    assert [one.name for one in known.filled] == ["1"]


def test_another_mix_reweights_purity_and_leaves_completeness() -> None:
    # Of 100 a 90 are named a, of 100 b 20 are: purity of a is 90/110. Where b is nine times as frequent: 9/(9+18).
    true = np.repeat([0, 1], 100)
    decided = np.concatenate([np.repeat([0, 1], [90, 10]), np.repeat([0, 1], [20, 80])])
    classes = ("a", "b")
    shares = checked_prior({"B": 9.0, "a": 1}, ("a", "B"), true)
    assert shares == {"a": 0.1, "B": 0.9}
    weights = weights_of({"a": 0.1, "b": 0.9}, true, classes)
    found = whole_scores(true, decided, classes, weights)
    assert found.per_class["a"].purity == pytest.approx(9 / 27)
    assert found.accuracy == pytest.approx(0.1 * 0.9 + 0.9 * 0.8)
    assert found.per_class["a"].completeness_interval == wilson_interval(90, 100)
    # The error is that of the 20 by chance: 0.33 ± 0.05.
    low, high = found.per_class["a"].purity_interval or (0, 0)
    assert low == pytest.approx(0.26, abs=0.02)
    assert high == pytest.approx(0.44, abs=0.03)
    same = whole_scores(true, decided, classes, weights_of({"a": 0.5, "b": 0.5}, true, classes))
    plain = whole_scores(true, decided, classes, None)
    assert same.per_class["a"].purity == pytest.approx(plain.per_class["a"].purity)
    assert same.per_class["a"].purity_interval == pytest.approx(plain.per_class["a"].purity_interval, abs=0.01)
    # None wrong among five does not mean that none can be.
    five = whole_scores(
        np.repeat([0, 1], 5), np.repeat([0, 1], 5), classes, weights_of({"a": 0.5, "b": 0.5}, true, classes)
    )
    assert five.per_class["a"].purity == 1.0
    assert 0.4 < (five.per_class["a"].purity_interval or (0, 0))[0] < 0.8


def test_a_mix_is_read_from_json_or_a_table(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": 1, "b": 0.5}')
    (tmp_path / "count.json").write_text('{"model": "m", "fractions": {"a": 0.2, "b": 0.8, "none of these": 0.5}}')
    (tmp_path / "a.csv").write_text("Class,images\na,30\nb,70\n")
    assert read_prior(tmp_path / "a.json") == {"a": 1.0, "b": 0.5}
    assert read_prior(tmp_path / "count.json") == {"a": 0.2, "b": 0.8}
    assert read_prior(tmp_path / "a.csv") == {"a": 30.0, "b": 70.0}
    for name in ("counts", "counts.txt"):  # as what a command printed is called
        (tmp_path / name).write_text('\ufeff\n {"fractions": {"a": 0.2, "b": 0.8}}')
        assert read_prior(tmp_path / name) == {"a": 0.2, "b": 0.8}
    for name, content, found in [
        ("n.json", "[1]", "found something else"),
        ("n.json", '{"a": -1, "b": 2}', "expected numbers of 0 or more, found -1.0, 2.0"),
        ("n.json", '{"a": "x"}', "found something else"),
        ("n.json", '{"a": 0.4, "b": 0.3, "a": 0.1}', "found: 'a' is there twice"),
        ("n.json", '{"fractions": {"a": 0.4, "a": 0.1, "b": 0.5}}', "found: 'a' is there twice"),
        ("n.csv", "class,Class,n\na,b,1\n", "found: a table with the column class twice"),
        ("n.csv", "class,n,N\na,1,2\n", "found: a table with the column n twice"),
        ("n.json", "{", "found: Expecting property name"),
        ("n.csv", "x,y\n1,2\n", "found: a table with the columns x, y"),
        ("n.csv", "class,n\na,1\na,2\n", "expected each class once, found one twice"),
        (
            "n.json",
            '{"fractions": {"a": null, "b": 1}}',
            "no share of a, as `galaxy count` had too few held-out images",
        ),
        ("absent.json", None, "found: No such file"),
    ]:
        if content is not None:
            (tmp_path / name).write_text(content)
        with pytest.raises(OptionsError, match=f"--prior .*{name}: .*{found}"):
            read_prior(tmp_path / name)


def test_a_mix_has_the_models_classes() -> None:
    true = np.array([0, 0])
    for given, message in [
        ({"a": 1, "c": 1}, "expected a number for each of the classes a, b; found a, c"),
        ({"a": 1}, "expected a number for each of the classes a, b; found a"),
        ({"a": 1, "b": 1}, "expected 0 for classes that no image is of, found more for b"),
    ]:
        with pytest.raises(OptionsError, match=message):
            checked_prior(given, ("a", "b"), true)
    assert checked_prior({"a": 4, "b": 0}, ("a", "b"), true) == {"a": 1.0, "b": 0.0}


def test_the_purity_of_a_class_that_counts_much_more_than_its_few_images_is_covered() -> None:
    classes, shares = ("rare", "a", "b"), np.array([0.5, 0.25, 0.25])
    chances = np.array([[0.7, 0.15, 0.15], [0.01, 0.94, 0.05], [0.01, 0.05, 0.94]])
    true = np.repeat([0, 1, 2], [3, 300, 300])
    weights = weights_of(dict(zip(classes, shares.tolist(), strict=True)), true, classes)
    truth = np.diagonal(chances) * shares / (shares @ chances)
    generator, hits = np.random.default_rng(1), np.zeros(3)
    for _ in range(100):
        decided = np.array([generator.choice(3, p=chances[one]) for one in true])
        found = whole_scores(true, decided, classes, weights).per_class
        intervals = [found[name].purity_interval or (0.0, 0.0) for name in classes]
        hits += [low <= value <= high for (low, high), value in zip(intervals, truth, strict=True)]
    assert (hits >= 92).all(), hits  # of 100 intervals of 95 %
