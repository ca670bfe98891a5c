from dataclasses import replace

import numpy as np

from datasets import Preprocessing
from datasets.arrow.verification import fingerprint
from datasets.images.decoded import pixel_hash

CLASSES = ("a", "b")
PREPROCESSING = Preprocessing(64, 1.0, (232, 232))
ROWS = [("a/1", 0, "train", "00"), ("a/2", 0, "test", "01"), ("b/1", 1, "train", "02")]


def test_the_order_of_the_rows_does_not_matter():
    assert fingerprint(CLASSES, PREPROCESSING, ROWS) == fingerprint(CLASSES, PREPROCESSING, ROWS[::-1])


def test_everything_else_does():
    first = ROWS[0]
    ways = [
        (CLASSES, PREPROCESSING, ROWS),
        (("a", "c"), PREPROCESSING, ROWS),
        (("b", "a"), PREPROCESSING, ROWS),
        (CLASSES, Preprocessing(64, 0.5, (232, 232)), ROWS),
        (CLASSES, Preprocessing(64, 1.0, (232, 231)), ROWS),
        (CLASSES, replace(PREPROCESSING, value_range=(0.0, 2.0)), ROWS),
        (CLASSES, PREPROCESSING, ROWS[1:]),
        *(
            (CLASSES, PREPROCESSING, [(*first[:k], value, *first[k + 1 :]), *ROWS[1:]])
            for k, value in enumerate(("a/9", 1, "test", "09"))
        ),
    ]
    assert len({fingerprint(*way) for way in ways}) == len(ways)


def test_it_is_the_same_on_every_machine():
    expected = "f22c4f2d95d84ea26ffeff3e30afa8231181ddfcfbbcf22a660fb5b89e64d66d"
    assert fingerprint(CLASSES, PREPROCESSING, ROWS) == expected


def test_pixels_are_hashed_by_value_not_by_memory():
    image = np.random.default_rng(1).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    padded = np.zeros((6, 8, 3), np.uint8)
    padded[:, :6] = image
    assert pixel_hash(padded[:, :6]) == pixel_hash(image)
    assert pixel_hash(image[::-1]) != pixel_hash(image)
