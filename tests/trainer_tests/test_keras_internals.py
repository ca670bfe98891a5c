import pytest

from trainer.errors import FrameworkError
from trainer.fitting import keras_internals


def test_this_keras_has_all_that_is_used() -> None:
    keras_internals.check_keras()


def test_a_keras_without_a_name_that_is_used_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(keras_internals._OF_ADAMW, "_absent", "")
    monkeypatch.delattr("keras.src.random.seed_generator.global_seed_generator")
    with pytest.raises(
        FrameworkError, match=r"^Keras 3\.\S+ cannot be used: .* made for Keras 3\.15, and this one has "
    ) as raised:
        keras_internals.check_keras()
    assert str(raised.value).endswith("no _absent, no global_seed_generator")
