from ui.figures import classes

NAMES = ("3", '<b>"bold"</b>', "2026-01-02")


def test_each_class_has_a_bar_of_each_series() -> None:
    train, test = classes.shares_of_classes(NAMES, {"train": [5, 2, 3], "test": [1, 0, 1]}, axis="images").data
    assert (train.name, list(train.x), list(train.y)) == ("train", [5, 2, 3], [0, 1, 2])
    assert list(test.x) == [1, 0, 1]


def test_names_are_neither_tags_nor_numbers() -> None:
    figure = classes.shares_of_classes(NAMES, {"train": [1, 2, 3]}, axis="images")
    assert "<b>" not in figure.to_json()
    assert list(figure.layout.yaxis.ticktext) == ["3", '&lt;b&gt;"bold"&lt;/b&gt;', "2026-01-02"]
    # The first class is above.
    assert list(figure.layout.yaxis.range) == [2.5, -0.5]
