"""What a bundle holds, so that it is not too slow."""

from itertools import product

import numpy as np
import numpy.typing as npt
import pytest

from trainer.final import affording
from trainer.final.affording import Candidate, Held, afforded

TRUE = np.tile(np.arange(2), 1000)


def sure_by(share: float) -> npt.NDArray[np.float64]:
    """Return probabilities of two classes, of which the true one is likeliest for this share of the images."""
    right = np.arange(len(TRUE)) // 2 % 20 < 20 * share
    return np.where((np.arange(2) == TRUE[:, None]) == right[:, None], 0.9, 0.1)


GOOD = Candidate(2, 3, 1, {1: sure_by(0.9), 2: sure_by(0.95)})
POOR = Candidate(1, 3, 1, {1: sure_by(0.7), 2: sure_by(0.7)})


def test_all_networks_are_held_where_they_may_be() -> None:
    assert afforded(TRUE, {"good": GOOD}, "good", max_slower=8) == {"good": Held(3, 2)}


def test_what_helps_least_is_left_out_first() -> None:
    assert afforded(TRUE, {"good": GOOD}, "good", max_slower=4) == {"good": Held(2, 2)}
    assert afforded(TRUE, {"good": GOOD, "poor": POOR}, "good", max_slower=4) == {"good": Held(2, 2)}


def test_one_network_with_its_own_views_is_always_allowed() -> None:
    slow = Candidate(1, 3, 1.5, {1: sure_by(0.7), 16: sure_by(0.9)})
    assert afforded(TRUE, {"slow": slow}, "slow", max_slower=8) == {"slow": Held(1, 16)}
    assert afforded(TRUE, {"good": GOOD, "slow": slow}, "good", max_slower=1) == {"good": Held(1, 2)}


def test_of_equals_the_cheapest_is_held() -> None:
    same = Candidate(1, 1, 1, {1: sure_by(0.9), 2: sure_by(0.9)})
    assert afforded(TRUE, {"a": same, "b": same}, "a", max_slower=8) == {"a": Held(1, 1)}


def test_something_is_held_of_the_needed_one_however_poor() -> None:
    held = afforded(TRUE, {"good": GOOD, "poor": POOR}, "poor", max_slower=8)
    assert held.keys() == {"good", "poor"}


def test_of_few_images_it_is_what_averages_save_that_decides() -> None:
    few, last = TRUE[-20:], slice(-20, None)
    views = {1: sure_by(0.85)[last], 2: sure_by(0.85)[last], 4: sure_by(0.8)[last]}
    assert afforded(few, {"a": Candidate(1, 1, 1, views)}, "a", max_slower=8) == {"a": Held(1, 4)}
    many = {number: np.tile(each, (500, 1)) for number, each in views.items()}
    assert afforded(np.tile(few, 500), {"a": Candidate(1, 1, 1, many)}, "a", max_slower=8) == {"a": Held(1, 1)}


@pytest.mark.parametrize("max_slower", [0.5, 1, 3, 8, 40])
def test_nothing_that_may_be_held_is_passed_over(max_slower: float) -> None:
    some = {
        "good": GOOD,
        "poor": POOR,
        "slow": Candidate(1, 2, 1.5, {1: sure_by(0.8), 4: sure_by(0.85), 8: sure_by(0.9)}),
    }
    ways = [
        [(views, number) for views in sorted(one.views) for number in range(1, one.networks + 1)]
        for one in some.values()
    ]
    expected = set()
    for held in product(*([*each, None] for each in ways)):
        chosen = {name: one for name, one in zip(some, held, strict=True) if one is not None}
        cost = sum(views * number * some[name].cost for name, (views, number) in chosen.items())
        is_alone = len(chosen) == 1 and next(iter(chosen.values()))[1] == 1
        if "good" in chosen and (cost <= max_slower or is_alone):
            expected.add(tuple(chosen.items()))
    found = {
        tuple((name, (views[name], number)) for name, number in networks.items())
        for views in affording._views(some, "good", max_slower)
        for networks in affording._networks(views, some, max_slower)
    }
    assert found == expected


def test_of_many_configurations_few_ways_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    real, tried = affording._cost, []

    def cost(*given: object) -> float:
        tried.append(given)
        assert len(tried) < 20_000, "of 10 million ways"
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(affording, "_cost", cost)
    few = slice(0, 40)
    one = Candidate(1, 3, 1, {1: sure_by(0.8)[few], 8: sure_by(0.9)[few], 16: sure_by(0.9)[few]})
    many = {f"{number:04}": one for number in range(7)}
    assert "0000" in afforded(TRUE[few], many, "0000", max_slower=8)
    assert tried
