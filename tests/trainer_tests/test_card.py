import re
from dataclasses import replace
from html import escape
from typing import Any

import numpy as np
import pytest
from markdown_it import MarkdownIt

from datasets import Preprocessing
from datasets.images.fits.stretch import Stretch
from trainer import BundleMember, Decide, Manifest, model_card, score_predictions
from trainer.bundles.manifest import TrustRecord
from trainer.estimating.interval import with_interval

CLASSES = ("edge-on", "a|b <i>", "spiral")


def scores(true: list[int], decided: list[int]) -> dict[str, Any]:
    return with_interval(score_predictions(np.array(true), np.eye(3)[decided], CLASSES)).as_json()


@pytest.fixture
def manifest() -> Manifest:
    return Manifest(
        classes=CLASSES,
        preprocessing=Preprocessing(64, 0.5, (232, 240)),
        dataset="/data/galaxies",
        dataset_fingerprint="f" * 64,
        members=(BundleMember("0007", True, 1234, 3, 2, {"units": 8}, {}, views=4),),
        temperature=1.5,
        seed=3,
        created="2026-01-02T03:00:00+00:00",
        versions={"keras": "3.15"},
        metrics={"test": scores([0] * 200 + [1] * 10, [0] * 190 + [1] * 20)},
        thresholds=dict.fromkeys(CLASSES, 2.0),
        trust=TrustRecord("t.npz", "0", 500, 0.02, {"accuracy": 0.9, "balanced": None}, 0.03),
        balanced={"test": scores([0] * 200 + [1] * 10, [0] * 150 + [1] * 60)},
        decided={"test": scores([0] * 200 + [1] * 10, [0] * 170 + [1] * 40)},
        factors=dict.fromkeys(CLASSES, 3.0),
        decide=Decide.OBJECTIVE,
        objective="val_macro_f1_decided:max",
        commands=("galaxy search /data/galaxies --name n", "galaxy train n"),
    )


def test_it_says_what_is_in_the_manifest(manifest: Manifest) -> None:
    card = model_card(manifest)
    for expected in (
        "- Fingerprint: " + "f" * 64,
        "- Seed: 3",
        "keras 3.15",
        '"units": 8',
        "Network 1: trial 0007, epoch 2 of 3, the best, averaged over 4 views of an image",
        "232×240 pixels (median), of which the central 50 % were taken and resized to 64×64",
        "galaxy search /data/galaxies --name n\ngalaxy train n",
        "from a probability of 0.900 (at most 2 % wrong)",
        "never, as nothing can be promised",
        "further from them than 97 % of 500 validation images",
    ):
        assert expected in card


def test_scores_have_intervals_at_each_operating_point(manifest: Manifest) -> None:
    first, rest = model_card(manifest).split("### `--decide balanced`")
    second, third = rest.split("### `--decide objective`")
    assert "| edge-on | 95.0 % (91.0 to 97.3) | 100.0 % (98.0 to 100.0) | 200 |" in first
    assert "| edge-on | 75.0 % (68.6 to 80.5) | 100.0 % (97.5 to 100.0) | 200 |" in second
    assert "| edge-on | 85.0 % (79.4 to 89.3) | 100.0 % (97.8 to 100.0) | 200 |" in third


def test_it_says_how_classes_are_decided_for(manifest: Manifest) -> None:
    card = " ".join(model_card(manifest).split())
    assert (
        r"Answers: decided for by `--decide objective` unless another is asked for; `objective` is what val\_macro"
        in card
    )
    assert "- Factor of spiral for `--decide objective`: 3" in card
    assert "it need not be the most probable one" in card
    older = model_card(replace(manifest, factors={}, decided={}, decide=Decide.ACCURACY))
    assert "--decide objective" not in older
    assert "need not be the most probable" not in older


def test_what_is_special_about_it_is_said(manifest: Manifest) -> None:
    plain = model_card(manifest)
    for changes, said in (
        ({"interim": True}, "An interim model"),
        ({"beginnings": 3}, "what networks of 3 beginnings answered"),
        ({"beginnings": 1}, "what networks of 1 beginning answered"),
        ({"beginnings": 3, "members": manifest.members * 2}, "The model averages more, and is surer than they say"),
        ({"members": (*manifest.members, replace(manifest.members[0], weight=3.0))}, "weight 0.750"),
        ({"worth": {"sentence": "better by 0.02"}}, "- The chosen configuration is better by 0.02"),
        ({"corrected": {"value": 0.8, "low": 0.7, "high": 0.9}}, "0.80 (95 %: 0.70 to 0.90), corrected for the choice"),
    ):
        assert said not in plain
        assert said in model_card(replace(manifest, **changes))


def test_macro_f1_has_an_interval_that_says_where_it_says_little(manifest: Manifest) -> None:
    assert re.search(r"- Macro F1: 0\.8205 \(0\.\d{4} to 0\.\d{4}\)\n", model_card(manifest))
    assert "; with no image of a class that says little\n" in model_card(manifest)
    enough = replace(manifest, decided={"test": scores([0, 1, 2] * 10, [0, 1, 1] * 10)})
    assert re.search(r"- Macro F1 on new images, by the test split: 0\.56 \(95 %: [^;]+\)\n", model_card(enough))


def test_beginnings_of_too_few_images_say_that_they_cannot_tell(manifest: Manifest) -> None:
    said = "cannot be told from the beginnings' answers"
    assert said not in model_card(manifest)
    assert said in model_card(replace(manifest, beginnings=3))
    assert said in model_card(replace(manifest, beginnings=3, decided={}))
    enough = {"test": scores([0, 1, 2] * 10, [0, 1, 1] * 10)}
    assert said not in model_card(replace(manifest, beginnings=3, decided=enough))


def test_a_point_is_fair_where_it_weighs_classes(manifest: Manifest) -> None:
    assert [manifest.is_fair(decide) for decide in Decide] == [False, True, True]
    plain = replace(manifest, factors=dict.fromkeys(CLASSES, 1.0))
    assert [plain.is_fair(decide) for decide in Decide] == [False, True, False]


def test_a_rare_or_absent_class_is_a_limit(manifest: Manifest) -> None:
    card = model_card(manifest)
    assert r"Fewer than 100 test images: a\|b \<i\>. " in card
    assert "No test image: spiral. " in card
    assert "| spiral | – | – | 0 |" in card
    assert "No validation image" not in card
    metrics = {**manifest.metrics, "validation": scores([0, 2], [0, 2])}
    assert r"No validation image: a\|b \<i\>. What" in model_card(replace(manifest, metrics=metrics))


def test_names_are_no_markup(manifest: Manifest) -> None:
    rows = [line for line in model_card(manifest).splitlines() if line.startswith("|")]
    assert {line.replace(r"\|", "").count("|") for line in rows} == {5}
    assert "<i>" not in model_card(manifest).replace(r"\<i\>", "")


def test_a_name_is_shown_as_it_is_written(manifest: Manifest) -> None:
    names = ("a`b", "c`d", "&lt;i&gt; ~~x~~")
    changed = replace(manifest, classes=names, thresholds=dict.fromkeys(names, 2.0))
    shown = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(model_card(changed))
    for name in names:
        assert f"Factor of {escape(name, quote=False)} for" in shown
    assert f"3 classes: {escape(', '.join(names), quote=False)}" in shown


def test_a_stretch_of_fits_bands_is_named(manifest: Manifest) -> None:
    assert "FITS" not in model_card(manifest)
    stretch = Stretch(("r",), (1.0,), (1.0,), (0.01,), 2.0, 8.0, "nanomaggy", (0.005, 0.02))
    card = model_card(replace(manifest, preprocessing=replace(manifest.preprocessing, stretch=stretch)))
    assert "They were FITS bands (asinh, stretch 2 nanomaggy, Q 8; band r as grey)." in card


def test_an_older_manifest_has_a_card_too(manifest: Manifest) -> None:
    card = model_card(replace(manifest, trust=None, balanced={}, commands=(), metrics={"test": {"accuracy": 0.5}}))
    assert "It cannot say when it is not sure" in card
    assert "(not recorded)" in card
