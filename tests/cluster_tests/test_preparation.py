"""What is done before a search: an epoch is timed of a model that trains."""

import pytest

from cluster.jobs import preparation
from cluster.jobs.preparation import Preparation
from datasets import Dataset
from search import Builder, SearchSettings, SpaceError
from trainer import InfeasibleError


@pytest.mark.usefixtures("here")
def test_where_the_defaults_do_not_train_the_epoch_of_another_is_timed(
    tiny_dataset: Dataset, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried: list[object] = []

    def time(build: Builder, *_given: object, seed: int) -> float:
        tried.append(build)
        if len(tried) < working:
            raise InfeasibleError("the loss is not finite: nan")
        return 7.0

    monkeypatch.setattr(preparation, "seconds_per_epoch", time)
    prepared = Preparation(tiny_dataset, SearchSettings(name="first", hypermodel="my_models:tiny"), None)
    working = 3
    assert prepared.epoch_seconds == 7.0
    assert "The default model does not train (the loss is not finite: nan): an epoch of a random" in caplog.text
    working = 1_000
    del prepared.epoch_seconds
    with pytest.raises(
        SpaceError, match=r"neither the default hyperparameters nor \d+ random ones give a model that tr"
    ):
        _ = prepared.epoch_seconds
