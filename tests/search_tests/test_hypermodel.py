from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import keras_tuner
import pytest

from datasets import Augmentation, Balance
from search import (
    Builder,
    GalaxyHyperModel,
    SpaceError,
    check_names,
    check_option_values,
    discover,
    load_hypermodel,
    training_options,
)
from trainer import TrainingOptions
from trainer.bundles.keeping import by_configuration, prove_kept
from trainer.final.portable import untrained

SHAPE = (32, 32, 3)


def load(reference: str | None) -> keras_tuner.HyperModel:
    return load_hypermodel(reference, input_shape=SHAPE, num_classes=5)


@pytest.fixture(scope="module")
def built_in() -> keras_tuner.HyperParameters:
    """The built-in space, found once."""
    return discover(load(None))


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Write a module into a current directory of its own; give the function that does so."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(name: str, text: str) -> None:
        (tmp_path / f"{name}.py").write_text("import keras\nimport keras_tuner\n" + text)

    return write


def test_the_built_in_space_has_all_that_was_promised(built_in: keras_tuner.HyperParameters) -> None:
    space = built_in
    promised = """network first_filters blocks_per_stage squeeze_excite
        blocks filters kernel_size batch_normalization pooling dense_units dropout optimizer learning_rate
        weight_decay batch_size augmentation balance undersampling_ratio fresh_undersampling
        oversampling_ratio class_weight_power mixup augmentation_brightness
        augmentation_colour_jitter momentum sgd_learning_rate"""
    assert set(promised.split()) <= {hp.name for hp in space.space}
    conditions = {hp.name: hp.conditions for hp in space.space}
    assert conditions["momentum"]
    for child in ("undersampling_ratio", "fresh_undersampling", "oversampling_ratio", "class_weight_power"):
        assert conditions[child], child
    assert training_options({hp.name: hp.default for hp in space.space if not hp.conditions}, epochs=20) == (
        TrainingOptions(
            augmentation=replace(Augmentation.of_strength(1.0), brightness=0.1, colour_jitter=0.1),
            precision="auto",
            weight_averaging=0.998,
        )
    ), "a default that trains otherwise than without it"


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"optimizer": "sgd", "pooling": "average"},
        {"optimizer": "rmsprop", "head": "flatten"},
        {"network": "residual", "blocks_per_stage": 1},
        {"network": "equivariant", "first_filters": 16},
        {"network": "separable", "squeeze_excite": False},
    ],
)
def test_the_built_in_model_is_compiled_gives_probabilities_and_can_be_kept(values: dict[str, Any]) -> None:
    model = Builder(load(None), {"network": "plain", "blocks": 2, **values})()
    outputs = model(keras.ops.zeros((2, *SHAPE)))
    assert outputs.shape == (2, 5)
    assert keras.ops.convert_to_numpy(outputs).sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    assert isinstance(model.optimizer.name, str)
    # No trial of the built-in space looks for that.
    _, modules = prove_kept(untrained(model), SHAPE, remake=by_configuration)
    assert {module.partition(".")[0] for module in modules} <= {"trainer"}


@pytest.mark.parametrize("size", [8, 96])
def test_the_deepest_model_fits_the_image(size: int) -> None:
    hypermodel = GalaxyHyperModel(input_shape=(size, size, 3), num_classes=5)
    deepest = max(hp.max_value for hp in discover(hypermodel).space if hp.name == "blocks")
    Builder(hypermodel, {"network": "plain", "blocks": deepest})()
    model = Builder(hypermodel, {"network": "residual", "blocks_per_stage": 2})()
    assert model(keras.ops.zeros((1, size, size, 3))).shape == (1, 5)


def test_values_of_the_builder_are_taken() -> None:
    shallow, deep = (Builder(load(None), {"network": "plain", "blocks": blocks})() for blocks in (2, 3))
    assert len(deep.layers) > len(shallow.layers)


def test_a_build_function_a_class_and_an_instance_are_all_hypermodels(module: Any) -> None:
    module(
        "mine_kinds",
        "class Mine(keras_tuner.HyperModel):\n"
        "    def __init__(self, input_shape, num_classes):\n"
        "        super().__init__(); self.shape, self.n = input_shape, num_classes\n"
        "    def build(self, hp):\n"
        "        return ('built', self.shape, self.n, hp.Int('x', 1, 3))\n"
        "made = Mine((8, 8, 3), 2)\n"
        "def build(hp):\n"
        "    return ('built', hp.Int('x', 1, 3))\n",
    )
    hp = keras_tuner.HyperParameters()
    assert load("mine_kinds:Mine").build(hp) == ("built", SHAPE, 5, 1)
    assert load("mine_kinds:made").build(hp) == ("built", (8, 8, 3), 2, 1)
    assert load("mine_kinds:build").build(hp) == ("built", 1)


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("no_colon", "expected module:object"),
        ("absent_module:build", "cannot be imported from .*: ModuleNotFoundError"),
        ("json:absent", "cannot be imported from .*: AttributeError"),
        ("string:digits", r"expected a HyperModel, a HyperModel class or a build\(hp\) function, found str"),
        ("mine_fits:Fitting", "overrides fit"),
        ("mine_fits:Odd", "is called with input_shape= and num_classes="),
        ("mine_breaks:build", "ZeroDivisionError"),
    ],
)
def test_what_is_no_hypermodel_is_refused_with_one_line(reference: str, message: str, module: Any) -> None:
    module(
        "mine_fits",
        "class Fitting(keras_tuner.HyperModel):\n"
        "    def __init__(self, **known): super().__init__()\n"
        "    def fit(self, hp, model): return 0\n"
        "class Odd(keras_tuner.HyperModel):\n"
        "    def __init__(self, size): super().__init__()\n",
    )
    module("mine_breaks", "1 / 0\n")
    with pytest.raises(SpaceError, match=message) as caught:
        load(reference)
    assert "\n" not in str(caught.value)


def test_hyperparameters_in_branches_that_defaults_do_not_enter_are_discovered(module: Any) -> None:
    module(
        "mine_branches",
        "def build(hp):\n"
        "    kind = hp.Choice('kind', ['plain', 'deep'])\n"
        "    with hp.conditional_scope('kind', ['deep']):\n"
        "        if kind == 'deep':\n"
        "            very = hp.Choice('very', ['no', 'yes'])\n"
        "            with hp.conditional_scope('very', ['yes']):\n"
        "                if very == 'yes':\n"
        "                    hp.Int('depth', 1, 9)\n",
    )
    assert {hp.name for hp in discover(load("mine_branches:build")).space} == {"kind", "very", "depth"}


def test_two_discoveries_find_the_same(module: Any) -> None:
    module(
        "mine_counted",
        "def build(hp):\n"
        "    net = hp.Choice('net', ['plain', 'mlp'])\n"
        "    n = hp.Int('n', 1, 1000, parent_name='net', parent_values=['mlp'])\n"
        "    if net == 'mlp':\n"
        "        for number in range(n): hp.Int(f'units_{number}', 4, 8, parent_name='net', parent_values=['mlp'])\n"
        "    hp.Boolean('further', parent_name='net', parent_values=['mlp'])\n",
    )
    space = discover(load("mine_counted:build"))
    assert [hp.name for hp in space.space] == ["net", "n", "further", "units_0"]


def test_a_branch_that_cannot_be_built_does_not_hide_the_rest(module: Any) -> None:
    module(
        "mine_bad_branch",
        "def build(hp):\n"
        "    if hp.Choice('kind', ['plain', 'bad']) == 'bad':\n"
        "        with hp.conditional_scope('kind', ['bad']): raise ValueError('no')\n"
        "    hp.Float('x', 0.0, 1.0, parent_name='kind', parent_values=['bad'])\n",
    )
    assert {hp.name for hp in discover(load("mine_bad_branch:build")).space} == {"kind", "x"}


@pytest.mark.parametrize("declaration", ["pass", "hp.Int('x', 1, 1000)"])
def test_a_model_that_never_builds_ends_the_search_before_it_starts(declaration: str, module: Any) -> None:
    name = f"mine_never_{len(declaration)}"
    module(name, f"def build(hp):\n    {declaration}\n    raise ValueError('never builds')\n")
    with pytest.raises(SpaceError, match=r"neither of its default hyperparameters nor .*: ValueError: never builds"):
        discover(load(f"{name}:build"))


def test_defaults_that_cannot_be_built_hide_nothing_that_random_values_can(module: Any) -> None:
    module(
        "mine_odd_default",
        "def build(hp):\n"
        "    if hp.Int('size', 1, 1000) == 1: raise ValueError('too small')\n"
        "    hp.Boolean('further')\n",
    )
    assert {hp.name for hp in discover(load("mine_odd_default:build")).space} == {"size", "further"}


def test_a_hyperparameter_is_in_the_space_once_however_often_it_is_met(
    built_in: keras_tuner.HyperParameters,
) -> None:
    names = [hp.name for hp in built_in.space]
    assert len(names) == len(set(names))


def test_a_builder_knows_what_its_build_met_beside_what_was_given(module: Any) -> None:
    module("mine_meets", "def build(hp):\n    if hp.Boolean('x'): return hp.Int('only_here', 3, 9)\n")
    build = Builder(load("mine_meets:build"), {"x": True})
    assert build() == 3
    assert build.values == {"x": True, "only_here": 3}
    assert [one["config"]["name"] for one in build.declared] == ["x", "only_here"]


def test_hyperparameters_named_like_training_options_set_them() -> None:
    values = {"batch_size": 32, "balance": "undersample", "undersampling_ratio": 4.0, "augmentation": 0.5, "blocks": 3}
    options = training_options(values, epochs=9, patience=2)
    assert (options.batch_size, options.epochs, options.patience) == (32, 9, 2)
    assert (options.balance.kind, options.balance.ratio) == ("undersample", 4.0)
    assert options.augmentation.rotation == 90.0


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"balance": "none", "undersampling_ratio": 4.0, "fresh_undersampling": True}, Balance()),
        ({"balance": "undersample", "fresh_undersampling": True}, Balance("undersample", 1.0, fresh=True)),
        ({"balance": "oversample", "oversampling_ratio": 0.5}, Balance("oversample", 0.5)),
        ({"balance": "oversample", "undersampling_ratio": 4.0}, Balance("oversample", 1.0)),
        ({"balance": "weights", "class_weight_power": 0.5}, Balance("weights", power=0.5)),
    ],
)
def test_each_balance_has_hyperparameters_of_its_own(values: dict[str, Any], expected: Balance) -> None:
    assert training_options(values, epochs=9).balance == expected


def test_every_magnitude_of_augmentation_can_be_searched() -> None:
    values = {"augmentation": 0.5, "augmentation_noise": 4, "augmentation_border": "black", "augmentation_rotation": 30}
    found = training_options(values, epochs=9).augmentation
    assert found == replace(Augmentation.of_strength(0.5), noise=4, border="black", rotation=30)
    assert training_options({"augmentation_cutout": 0.3}, epochs=9).augmentation == Augmentation(cutout=0.3)
    assert training_options({"noise": 0.3, "mixup": 0.2}, epochs=9) == TrainingOptions(epochs=9, mixup=0.2)


def test_epochs_are_the_searchs_and_patience_may_be_searched() -> None:
    options = training_options({"epochs": 99, "patience": 3}, epochs=9, patience=2)
    assert (options.epochs, options.patience) == (9, 3)
    with pytest.raises(SpaceError, match="remove it, and give --epochs"):
        check_names({"epochs", "units"})
    with pytest.raises(SpaceError, match="'tuner/epochs', but names in tuner/ are Keras Tuner's"):
        check_names({"tuner/epochs"})


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("batchsize", "batch_size"),
        ("Batch_Size", "batch_size"),
        ("mix_up", "mixup"),
        ("balanc", "balance"),
        ("blaance", "balance"),
        ("augmentatoin_noise", "augmentation_noise"),
        ("undersampling_ratios", "undersampling_ratio"),
        ("patiense", "patience"),
    ],
)
def test_a_name_one_edit_away_from_a_training_option_is_pointed_out(name: str, option: str) -> None:
    assert check_names([name, "blocks"]) == {name: option}


def test_other_names_are_not() -> None:
    names = [
        "units",
        "batch_size",
        "batch_size_of_mine",
        "noise",
        "balanced_loss",
        "dropout",
        "mixup",
        "class_weight_power",
    ]
    assert check_names(names) == {}


@pytest.mark.parametrize(
    "declaration",
    [
        "hp.Float('weight_averaging', 0.9, 1.0, default=0.99)",
        "hp.Float('oversampling_ratio', 0.0, 1.0, default=0.5)",
        "hp.Float('augmentation_zoom', 0.0, 1.0, step=0.3)",
    ],
)
def test_an_end_that_is_never_proposed_refuses_nothing(declaration: str) -> None:
    space = keras_tuner.HyperParameters()
    eval(declaration, {"hp": space})
    check_option_values(space)


@pytest.mark.parametrize(
    ("declaration", "message"),
    [
        ("hp.Choice('precision', ['float32', 'mixed_float16'])", "precision must be one of .*'mixed_float16'"),
        ("hp.Choice('balance', ['none', 'class_weights'])", "class_weights"),
        ("hp.Float('undersampling_ratio', 0.5, 4.0, step=0.5, default=2.0)", "0.5"),
        ("hp.Int('batch_size', 0, 64, default=32)", "batch_size ≥ 1 must hold, but got 0"),
    ],
)
def test_every_value_of_an_option_is_one_that_it_takes(declaration: str, message: str) -> None:
    space = keras_tuner.HyperParameters()
    eval(declaration, {"hp": space})
    with pytest.raises(SpaceError, match=message):
        check_option_values(space)


def test_the_values_of_the_built_in_space_are_taken(built_in: keras_tuner.HyperParameters) -> None:
    check_option_values(built_in)


@pytest.mark.parametrize("values", [{"balance": "by weight"}, {"augmentation_noise": "much"}, {"mixup": -1.0}])
def test_an_option_of_another_meaning_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(SpaceError, match="named like a training option but has another meaning"):
        training_options(values, epochs=9)
