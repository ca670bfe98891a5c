"""Where a search of the built-in space begins."""

import keras_tuner

from search import GalaxyHyperModel, complete_points, discover, starting_points


def test_what_is_tried_first_is_in_the_built_in_space() -> None:
    space: keras_tuner.HyperParameters = discover(GalaxyHyperModel(input_shape=(32, 32, 3), num_classes=5))
    few = complete_points(space, starting_points(400))
    assert [(point["batch_size"], point["balance"]) for point in few] == [
        (64, "none"),
        (32, "oversample"),
        (32, "oversample"),
    ]
    assert [point["blocks_per_stage"] for point in few] == [2, 1, 2]
    assert starting_points(20_000) == ({},)
