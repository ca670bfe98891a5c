from typing import Any

import pytest

from trainer import OptionsError, TrainingOptions


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"epochs": 0}, "epochs ≥ 1 must hold, but got 0"),
        ({"batch_size": -1}, "batch_size ≥ 1 must hold, but got -1"),
        ({"schedule": "linear"}, "schedule must be cosine or constant, but got 'linear'"),
        ({"weight_averaging": 1.0}, "weight_averaging must be at least 0 and below 1, but got 1.0"),
        ({"warmup_epochs": float("nan")}, "warmup_epochs ≥ 0 must hold, but got nan"),
        ({"mixup": -0.1}, "mixup ≥ 0 must hold, but got -0.1"),
        ({"mixup": float("inf")}, "mixup ≥ 0 must hold, but got inf"),
        ({"patience": 0}, r"patience ≥ 1 \(or none\) must hold, but got 0"),
    ],
)
def test_says_the_rule_and_the_value(values: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionsError, match=message):
        TrainingOptions(**values)


def factors(options: TrainingOptions, steps_per_epoch: int = 10) -> list[float]:
    steps = range(options.epochs * steps_per_epoch)
    return [options.learning_rate_factor(step, steps_per_epoch=steps_per_epoch) for step in steps]


def test_cosine_rises_then_falls_to_nearly_nothing() -> None:
    found = factors(TrainingOptions(epochs=10, warmup_epochs=2))
    assert 0 < found[0] < 0.1
    assert found[:21] == sorted(found[:21])
    assert found[20] == max(found) == 1
    assert found[20:] == sorted(found[20:], reverse=True)
    assert found[60] == pytest.approx(0.5)  # half of the way from the warm-up's end
    assert 0 < found[-1] < 0.01


def test_constant_stays_after_the_warmup() -> None:
    found = factors(TrainingOptions(epochs=4, schedule="constant", warmup_epochs=1))
    assert found[10:] == [1.0] * 30
    assert found[:10] == sorted(found[:10])


def test_no_warmup_starts_at_the_models_own_rate() -> None:
    assert factors(TrainingOptions(epochs=2, warmup_epochs=0))[0] == 1


def test_a_training_shorter_than_its_warmup_still_trains() -> None:
    found = factors(TrainingOptions(epochs=1, warmup_epochs=3))
    assert min(found) > 0
    assert max(found) == 1
