"""Which networks and how many views a bundle holds, so that it is not too slow to use.

What networks of several configurations, or several views of an image, are worth is measured on out-of-fold answers, as
far as these tell (`Expecting`). What a second network of the same configuration adds is not: each image has one network
a configuration that had not seen it. It is taken to be a share of the log loss that such networks have by chance of
their beginnings.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from trainer.final.expecting import BY_CHANCE, Expecting, saved_by

_SAVED_BY_VIEWS = (0.0, 0.015, 0.05)
"""Share of the log loss that the average over views saves: of none but the image, of its mirror image in all turns that
the network tells apart too, of those in two sizes: 0.02 to 0.1 (tests/benchmarks/RESULTS.md)."""
_DECIMALS = 9
"""Of log losses: what differs by less is equal."""
Item = TypeVar("Item")


@dataclass(frozen=True)
class Candidate:
    """A configuration that a bundle may hold.

    Attributes:
        weight: In the ensemble, above 0.
        networks: How many there are of it, at least one.
        cost: Of one network with one view, as a multiple of what `afforded` measures in.
        views: Number of views of an image → its networks' out-of-fold probabilities with these, (n, classes): up to
            three, as in `_SAVED_BY_VIEWS`.
    """

    weight: float
    networks: int
    cost: float
    views: Mapping[int, npt.NDArray[np.floating]]


@dataclass(frozen=True)
class Held:
    """What a bundle holds of a configuration: so many networks, each averaged over so many views of an image."""

    networks: int
    views: int


def afforded(
    true: npt.NDArray[np.int64],
    candidates: Mapping[str, Candidate],
    needed: str,
    *,
    max_slower: float,
    rows: npt.NDArray[np.int64] | None = None,
) -> dict[str, Held]:
    """Return what to hold of each configuration, those that are left out missing, for the least log loss expected.

    Something of the ``needed`` one is held.

    The cost, networks times views times `Candidate.cost` summed over what is held, is at most ``max_slower``; but one
    network alone, with any of its views, is always allowed. Weights are those of the candidates, made to add up to 1
    over what is held. Of equals the cheapest is taken, then the first.

    ``true`` is int64, (n,), n ≥ 1; ``candidates`` are at least one; ``rows`` as in `Expecting`.
    """
    expecting = Expecting(true, [one.views[min(one.views)] for one in candidates.values()], rows)
    best: tuple[float, float, dict[str, Held]] | None = None
    for chosen in _views(candidates, needed, max_slower):
        loss = expecting.loss(_average(chosen, candidates), saved=_saved_before(chosen, candidates))
        for networks in _networks(chosen, candidates, max_slower):
            expected = round(loss * (1 - _saved(networks, candidates)), _DECIMALS)
            cost = _cost(networks, chosen, candidates)
            if best is None or (expected, cost) < best[:2]:
                best = expected, cost, {name: Held(networks[name], chosen[name]) for name in chosen}
    assert best is not None, "one network alone is always allowed"
    return best[2]


def is_better_turned(
    true: npt.NDArray[np.int64],
    plain: npt.NDArray[np.floating],
    turned: npt.NDArray[np.floating],
    rows: npt.NDArray[np.int64] | None = None,
) -> bool:
    """Say whether less log loss is expected of answers averaged over an image in all turns and mirrored than of it.

    It is not where orientation tells classes apart, as a network learns that is trained on images as they are.
    ``plain`` and ``turned`` are probabilities, (n, classes) each; the rest as in `Expecting`.
    """
    expecting = Expecting(true, [plain], rows)
    return expecting.loss(turned, saved=_SAVED_BY_VIEWS[1]) < expecting.loss(plain, saved=_SAVED_BY_VIEWS[0])


def _views(candidates: Mapping[str, Candidate], needed: str, max_slower: float) -> Iterator[dict[str, int]]:
    """Yield with how many views each may be held, one network of each; then those too slow of the needed one alone."""
    choices: list[list[tuple[int | None, float]]] = [
        [(views, views * one.cost) for views in sorted(one.views)] + ([] if name == needed else [(None, 0.0)])
        for name, one in candidates.items()
    ]
    for each in _within(choices, max_slower):
        yield {name: views for name, views in zip(candidates, each, strict=True) if views is not None}
    alone = candidates[needed]
    yield from ({needed: views} for views in sorted(alone.views) if views * alone.cost > max_slower)


def _networks(
    views: Mapping[str, int], candidates: Mapping[str, Candidate], max_slower: float
) -> Iterator[dict[str, int]]:
    """Yield how many networks there may be of each configuration, at least one each, with so many views."""
    choices = [
        [(number, number * count * candidates[name].cost) for number in range(1, candidates[name].networks + 1)]
        for name, count in views.items()
    ]
    allowed = [*_within(choices, max_slower)] or [(1,)]  # one alone, whatever it costs
    yield from (dict(zip(views, numbers, strict=True)) for numbers in allowed)


def _within(
    choices: Sequence[Sequence[tuple[Item, float]]], most: float, spent: float = 0.0
) -> Iterator[tuple[Item, ...]]:
    """Yield what one may take, one item of each of ``choices``, in their order, where the costs add up to ``most``.

    What is too dear is not gone on with: of seven configurations there are millions of ways, and few to pay for.
    """
    if not choices:
        yield ()
        return
    for item, cost in choices[0]:
        if spent + cost <= most:
            yield from ((item, *others) for others in _within(choices[1:], most, spent + cost))


def _cost(networks: Mapping[str, int], views: Mapping[str, int], candidates: Mapping[str, Candidate]) -> float:
    return sum(number * views[name] * candidates[name].cost for name, number in networks.items())


def _average(views: Mapping[str, int], candidates: Mapping[str, Candidate]) -> npt.NDArray[np.floating]:
    weights = [candidates[name].weight for name in views]
    return np.average([candidates[name].views[number] for name, number in views.items()], axis=0, weights=weights)


def _saved_before(views: Mapping[str, int], candidates: Mapping[str, Candidate]) -> float:
    """Return the share of log loss that is known to be saved by one network a configuration with so many views."""
    weights = np.array([candidates[name].weight for name in views])
    shares = weights / weights.sum()
    by_views = [_SAVED_BY_VIEWS[sorted(candidates[name].views).index(number)] for name, number in views.items()]
    return saved_by(shares) + float(shares @ by_views)


def _saved(networks: Mapping[str, int], candidates: Mapping[str, Candidate]) -> float:
    """Return the share of log loss that averaging so many networks saves beyond one a configuration.

    What chance makes of each goes down with their number, and counts by the square of its weight.
    """
    total = sum(candidates[name].weight for name in networks)
    shares = {name: (candidates[name].weight / total) ** 2 for name in networks}
    return BY_CHANCE * sum(share * (1 - 1 / networks[name]) for name, share in shares.items())
