"""How long an epoch is forecast to take."""

from types import SimpleNamespace

import pytest

from datasets import Batches, Dataset
from trainer import Build, TrainingOptions, seconds_per_epoch
from trainer.fitting import pace
from trainer.fitting.loop import TrainingLoop


def test_all_that_an_epoch_does_is_in_its_seconds_and_no_tracing(
    build: Build, tiny_dataset: Dataset, options: TrainingOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, known = [0.0], set[str]()

    def takes(name: str, seconds: float) -> None:
        def act(_loop: TrainingLoop, batches: Batches | None = None, **_options: object) -> None:
            if name in known:
                now[0] += seconds if batches is None else seconds * len(batches)
            else:
                known.add(name)
                now[0] += 100.0

        monkeypatch.setattr(TrainingLoop, name, act)

    monkeypatch.setattr(pace, "time", SimpleNamespace(monotonic=lambda: now[0]))
    takes("train", 2.0)
    takes("measure_moments", 3.0)
    takes("validate", 0.5)
    # Three batches of training, which are all measured on, and one of validation.
    assert seconds_per_epoch(build, tiny_dataset, options, seed=1) == pytest.approx(3 * 2.0 + 3.0 + 0.5)
