"""What the tables of scores hide is said below them."""

from dataclasses import replace

import numpy as np
import pytest
from ui_tests.fabricated import RECORDS, specification

from datasets import Dataset
from search import SearchState, SearchView
from trainer import FinalResult, score_predictions
from trainer.estimating.interval import with_interval
from ui.cli.display.doubts import few_to_measure_on, lost_in_search, said_of_few, said_of_lost
from ui.cli.display.results import trained

NAN = float("nan")
CLASSES = ("cigar", "round", "spiral")


def scored(right: dict[str, tuple[int, int]]) -> dict[str, object]:
    """Scores as JSON has them of so many images of each class, so many of which are named rightly, else `round`."""
    true = np.repeat(range(3), [right[name][1] for name in CLASSES])
    hits = [place < right[name][0] for name in CLASSES for place in range(right[name][1])]
    named = np.where(hits, true, 1)
    return with_interval(score_predictions(true, np.eye(3)[named], CLASSES)).as_json()


def test_a_class_that_is_hardly_ever_found_and_what_may_help() -> None:
    scores = scored({"cigar": (1, 40), "round": (50, 50), "spiral": (45, 50)})
    (line,) = said_of_lost({"test": scores}, fair=True)
    assert line.startswith("Hardly ever found on test: 'cigar' (recall 0.03 on 40 images); more images")
    (line,) = said_of_lost({"test": scores}, fair=False)
    assert "; `--decide balanced` gives it a fair chance; more images" in line
    (*_, line) = trained(FinalResult("model", (), {}, scores={"test": scores})).renderables
    assert "`--decide balanced` gives it a fair chance" in str(line)
    (*_, line) = trained(FinalResult("model", (), {}, scores={"test": scores}, fair=True)).renderables
    assert "--decide balanced" not in str(line)


def test_a_score_on_few_images_is_said_with_its_interval() -> None:
    scores = scored({"cigar": (2, 3), "round": (50, 50), "spiral": (45, 50)})
    (line,) = said_of_few({"validation": scores})
    assert line.startswith("macro F1 as the model decides, 0.90 on validation, may be 0.7")
    assert line.endswith("(95 %): 3 images of 'cigar'")
    assert said_of_few({"validation": scored({"cigar": (9, 10), "round": (50, 50), "spiral": (45, 50)})}) == []


def test_a_dataset_of_few_images_says_what_its_scores_will_be_worth(tiny_dataset: Dataset) -> None:
    rare = {"train": {"a": 9, "b": 90}, "validation": {"a": 1, "b": 20}, "test": {"a": 60, "b": 20}}
    (line,) = few_to_measure_on(replace(tiny_dataset.info, counts=rare))
    assert line.startswith("1 validation image of 'a': macro F1 on that split is uncertain by about ±0.2")
    both = few_to_measure_on(tiny_dataset.info)
    assert [text.split(":")[0].split(" of ")[0] for text in both] == ["4 validation images each", "4 test images each"]


def test_a_class_that_a_split_has_no_image_of_is_said(tiny_dataset: Dataset) -> None:
    names = tiny_dataset.classes
    whole = dict.fromkeys(names, 50)
    gaps = {"train": whole, "validation": whole | {names[1]: 0}, "test": whole | dict.fromkeys(names[:2], 0)}
    validated, tested = few_to_measure_on(replace(tiny_dataset.info, counts=gaps))
    assert validated.startswith(
        f"no validation image of '{names[1]}': what is chosen by scores says nothing of it; add"
    )
    assert tested.startswith(f"no test image of '{names[0]}', '{names[1]}': no final score is of it; add some, or")
    none = {"train": whole, "validation": dict.fromkeys(names, 0), "test": whole}
    assert few_to_measure_on(replace(tiny_dataset.info, counts=none)) == []


@pytest.mark.parametrize(("number", "recall", "is_said"), [(1, 0.0, True), (1, 0.5, False), (NAN, NAN, False)])
def test_a_search_s_end_names_the_class_that_its_best_trial_lost(
    tiny_dataset: Dataset, number: float, recall: float, is_said: bool
) -> None:
    best = RECORDS[1].model_copy(update={"metrics": {"val_worst_class": number, "val_worst_recall": recall}})
    here = {"dataset": tiny_dataset.info.path, "fingerprint": tiny_dataset.fingerprint}
    known = specification().model_copy(update=here | {"classes": tiny_dataset.classes})
    lines = lost_in_search(SearchView.of(known, SearchState.FINISHED, (RECORDS[0], best)))
    expected = "Hardly ever found on validation: 'completely round smooth' (recall 0.00 on 4 images); more"
    assert [line.startswith(expected) for line in lines] == [True] * is_said
    gone = known.model_copy(update={"dataset": "/nowhere"})
    assert lost_in_search(SearchView.of(gone, SearchState.FINISHED, (best,))) == []
    another = known.model_copy(update={"fingerprint": "0" * 64, "classes": ("edge-on", "spiral")})
    assert lost_in_search(SearchView.of(another, SearchState.FINISHED, (best,))) == []
