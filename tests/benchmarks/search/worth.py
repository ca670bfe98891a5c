"""What each hyperparameter of the built-in space is worth, from recorded learning curves.

    PYTHONPATH=tests python -m benchmarks.search.worth tests/benchmarks/search/curves/galaxies.jsonl

Of the half that is drawn from all of the space: the share of the truth's variance that each explains (functional ANOVA,
as `search.importances`), of the configurations that have it. Of the half near the defaults: what another value than the
default changes, by a ridge regression on all of them at once, since 60 configurations have three in ten values changed;
the interval is of 500 bootstraps over configurations.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import Ridge

from cluster.testing import Curve, read_curves
from search import Record, TrialState, Unclear, Value, importances
from trainer import Objective

_PENALTY = 1.0
_BOOTSTRAPS = 500
_FEWEST = 3
"""Configurations with a value, below which nothing is said of it."""
_OBJECTIVE = Objective.parse("val_macro_f1_decided")


@dataclass(frozen=True)
class Effect:
    """What a hyperparameter does that is not at its default: ``value`` in words, against the default's truth."""

    name: str
    value: str
    configurations: int
    gain: float
    low: float
    high: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("curves", type=Path, nargs="+")
    for path in parser.parse_args().curves:
        curves = read_curves(path)
        sys.stdout.write(f"{path.stem}: {len(curves)} configurations, the defaults' truth {curves[0].truth:.4f}\n\n")
        drawn = [curve for curve in curves if curve.part == "uniform"]
        sys.stdout.write(f"{_shares(drawn)}\n{_table(effects(curves))}\n")


def shares(curves: Sequence[Curve]) -> dict[str, tuple[float, int]]:
    """Return each hyperparameter's share of the variance, 0 to 1, and of how many configurations it was told."""
    found: dict[str, tuple[float, int]] = {}
    names = {name for curve in curves for name in curve.values}
    for name in names:
        having = [curve for curve in curves if name in curve.values]
        told = importances([_record(number, curve) for number, curve in enumerate(having)], _OBJECTIVE)
        if not isinstance(told, Unclear) and name in told:
            found[name] = (told[name], len(having))
    return dict(sorted(found.items(), key=lambda pair: -pair[1][0]))


def effects(curves: Sequence[Curve]) -> list[Effect]:
    """Return what each other value than the default changes, by hyperparameter; the first curve is the defaults'."""
    defaults, near = curves[0], [curve for curve in curves if curve.part in ("near", "defaults")]
    marks = [{mark for item in curve.values.items() if (mark := _mark(defaults, *item))} for curve in near]
    known = sorted({mark for mine in marks for mark in mine if sum(mark in one for one in marks) >= _FEWEST})
    changed = np.array([[mark in mine for mark in known] for mine in marks], np.float64)
    truth = np.array([curve.truth for curve in near])
    if not known:
        return []
    generator = np.random.default_rng(1)
    draws = [generator.integers(len(near), size=len(near)) for _ in range(_BOOTSTRAPS)]
    spread = np.percentile([_fitted(changed[draw], truth[draw]) for draw in draws], [2.5, 97.5], axis=0)
    gains = zip(known, _fitted(changed, truth), *spread, changed.sum(axis=0), strict=True)
    return [Effect(*mark, int(count), gain, low, high) for mark, gain, low, high, count in gains]


def _mark(defaults: Curve, name: str, value: Value) -> tuple[str, str] | None:
    """Return what is changed, of numbers whether they are larger or smaller; None for the default."""
    default = defaults.values.get(name)
    if value == default:
        return None
    is_number = isinstance(value, float) and isinstance(default, float)
    if is_number and (default or name == "dropout"):
        return name, f"{'above' if value > default else 'below'} {default:g}"  # type: ignore[operator]
    # What hangs on a choice that is changed itself is told by that.
    return (name, f"{value}") if default is not None else None


def _fitted(changed: npt.NDArray[np.float64], truth: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(Ridge(alpha=_PENALTY).fit(changed, truth).coef_)


def _record(number: int, curve: Curve) -> Record:
    return Record(
        trial_id=f"{number:04}",
        state=TrialState.COMPLETED,
        hyperparameters=curve.values,
        score=curve.truth,
        epochs=curve.epochs,
    )


def _shares(curves: Sequence[Curve]) -> str:
    lines = ["| hyperparameter | of the variance | configurations |", "| --- | --- | --- |"]
    lines += [f"| {name} | {share:.0%} | {count} |" for name, (share, count) in shares(curves).items()]
    return "\n".join(lines) + "\n"


def _table(found: Sequence[Effect]) -> str:
    lines = ["| other than the default | configurations | macro F1 |", "| --- | --- | --- |"]
    for one in found:
        decisive = "" if math.copysign(1, one.low) != math.copysign(1, one.high) else " *"
        told = f"{one.gain:+.3f} ({one.low:+.3f} to {one.high:+.3f}){decisive}"
        lines.append(f"| {one.name} {one.value} | {one.configurations} | {told} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
