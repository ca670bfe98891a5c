from collections.abc import Callable

import pytest

from datasets import Dataset
from trainer import Build, InfeasibleError, Objective, ObjectiveError, TrainingOptions, check_model

F1 = Objective.parse("val_macro_f1")


def test_gives_the_names_of_an_epochs_metrics(
    build: Build, tiny_dataset: Dataset, options: TrainingOptions, make_run: Callable[..., object]
) -> None:
    names = check_model(build, tiny_dataset, options, F1).metrics
    assert names == tuple(make_run().step().metrics)  # type: ignore[attr-defined]


def test_says_which_metrics_there_are(build: Build, tiny_dataset: Dataset, options: TrainingOptions) -> None:
    with pytest.raises(ObjectiveError, match=r"no metric is named 'val_auc': this model gives accuracy, .*val_ece"):
        check_model(build, tiny_dataset, options, Objective.parse("val_auc:max"))


def test_passes_on_why_a_model_cannot_be_built(
    make_build: Callable[..., Build], tiny_dataset: Dataset, options: TrainingOptions
) -> None:
    with pytest.raises(InfeasibleError, match=r"shape \(batch, 5\), but gives \(batch, 4\)"):
        check_model(make_build(outputs=4), tiny_dataset, options, F1)
