"""Minimising one function from many starts at once, inside the unit box.

A projected BFGS method (Nocedal and Wright, Numerical Optimization, 2006, chapters 6 and 16.7) whose starts advance
together, so that the function sees them as one array. Starts that fall behind are given up. `scipy.optimize` advances
one start at a time, each of which would pay for the function's calls by itself.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Function = Callable[[Floats], tuple[Floats, Floats]]

_ROUNDS = 150
# After these rounds the better half goes on.
_PRUNED_AT = (8, 14, 20)
_FEWEST = 8
_SUFFICIENT = 1e-4
_FLAT = 1e-7


def minimise(function: Function, starts: Floats) -> tuple[Floats, Floats]:
    """Return local minima of ``function`` in the unit box as points (k, d) and values (k,), the lowest first.

    ``function`` maps points (m, d) to values (m,) and gradients (m, d). ``starts``: float64, (m, d), inside the box.
    """
    bundle = _Bundle(function, starts)
    for number in range(_ROUNDS):
        if number in _PRUNED_AT:
            bundle.prune(max(_FEWEST, round(len(bundle.values) / 2)))
        if not bundle.advance():
            break
    order = np.argsort(bundle.values, kind="stable")
    return bundle.points[order], bundle.values[order]


class _Bundle:
    """The starts as they stand: points, values, gradients, inverse Hessians and step lengths."""

    def __init__(self, function: Function, starts: Floats) -> None:
        self._function = function
        self.points = np.array(starts)
        self.values, self._gradients = function(self.points)
        count, dimensions = starts.shape
        largest = np.abs(self._gradients).max(axis=1, initial=1e-12)
        self._hessians = (0.25 / largest)[:, None, None] * np.eye(dimensions)
        self._steps = np.ones(count)
        self._moving = np.ones(count, dtype=bool)

    def prune(self, count: int) -> None:
        """Keep the ``count`` lowest."""
        keep = np.sort(np.argsort(self.values, kind="stable")[:count])
        self.points, self.values, self._gradients = self.points[keep], self.values[keep], self._gradients[keep]
        self._hessians, self._steps, self._moving = self._hessians[keep], self._steps[keep], self._moving[keep]

    def advance(self) -> bool:
        """Try one step from each start that still moves; return whether any did."""
        rows = np.flatnonzero(self._moving)
        if not len(rows):
            return False
        points, gradients = self.points[rows], self._gradients[rows]
        direction = self._directions(rows, points, gradients)
        reached = np.clip(points + self._steps[rows, None] * direction, 0.0, 1.0)
        moved = reached - points
        expected = np.einsum("ij,ij->i", gradients, moved)
        values, following = self._function(reached)
        accepted = (values <= self.values[rows] + _SUFFICIENT * expected) & (expected < 0)
        self._steps[rows] = np.where(accepted, 1.0, self._steps[rows] * 0.3)
        still = (self._steps[rows] < 1e-6) | (np.abs(moved).max(axis=1, initial=0.0) < 1e-9)
        still |= accepted & (np.abs(self.values[rows] - values) < 1e-10 * np.maximum(1.0, np.abs(values)))
        self._moving[rows[still]] = False
        taken = rows[accepted]
        self._learn(taken, moved[accepted], following[accepted] - gradients[accepted])
        self.points[taken], self.values[taken] = reached[accepted], values[accepted]
        self._gradients[taken] = following[accepted]
        return True

    def _directions(self, rows: NDArray[np.intp], points: Floats, gradients: Floats) -> Floats:
        """Return quasi-Newton directions among the coordinates that no bound holds; stop where none descends."""
        held = ((points <= 0.0) & (gradients > 0)) | ((points >= 1.0) & (gradients < 0))
        free = np.where(held, 0.0, gradients)
        self._moving[rows[np.abs(free).max(axis=1, initial=0.0) < _FLAT]] = False
        direction: Floats = -np.einsum("ijk,ik->ij", self._hessians[rows], free)
        direction[held] = 0.0
        return direction

    def _learn(self, rows: NDArray[np.intp], moved: Floats, turned: Floats) -> None:
        """Update the inverse Hessians (BFGS, equation 6.17) where the curvature seen is positive."""
        curvature = np.einsum("ij,ij->i", moved, turned)
        sizes = np.linalg.norm(moved, axis=1) * np.linalg.norm(turned, axis=1)
        usable = curvature > 1e-8 * sizes
        rows, moved, turned, curvature = rows[usable], moved[usable], turned[usable], curvature[usable]
        if not len(rows):
            return
        hessians = self._hessians[rows]
        turned_by = np.einsum("ijk,ik->ij", hessians, turned)
        scale = (1.0 + np.einsum("ij,ij->i", turned, turned_by) / curvature) / curvature
        cross = moved[:, :, None] * (turned_by / curvature[:, None])[:, None, :]
        outer = scale[:, None, None] * moved[:, :, None] * moved[:, None, :]
        self._hessians[rows] = hessians + outer - cross - cross.transpose(0, 2, 1)
