"""What a fit chooses by itself, once it knows dataset and machine: how its time is parted, how long trials train."""

import logging
from dataclasses import dataclass

from cluster.driving.places import Places
from cluster.jobs.planning import plan_fit
from cluster.jobs.preparation import LEARNING
from cluster.jobs.time_limit import check_enough
from datasets import Dataset, Split, write_duration
from search import FitRecord, SearchSettings, TimeBudget, starting_points

_log = logging.getLogger(__name__)


@dataclass
class Choosing:
    """What is chosen of a fit over ``dataset`` that has the time of ``budget``.

    Attributes:
        record: What it was asked for; after `choose`, with the time of its search.
        part: Of the budget, the search's; it ends as is chosen.
        epochs: Longest training of a trial, where that was asked for.
    """

    dataset: Dataset
    budget: TimeBudget
    part: TimeBudget
    record: FitRecord
    address: str
    epochs: int | None

    def choose(self, settings: SearchSettings, epoch_seconds: float) -> SearchSettings:
        """Return the settings with what is chosen; say how the time is parted.

        ``epoch_seconds`` are those of an epoch of the space's defaults. Raises SettingsError where no time is left.
        """
        check_enough(self.budget, self.address)
        slots = _slots(settings, self.address)
        rows = len(self.dataset.rows(Split.TRAIN))
        assert self.budget.limit is not None
        plan = plan_fit(
            seconds=self.budget.limit,
            rows=rows,
            validated=len(self.dataset.rows(Split.VALIDATION)),
            epoch_seconds=epoch_seconds,
            slots=slots,
            begun=self.budget.spent(),
            epochs=self.epochs,
            # Those that an oracle makes by itself follow from the epochs.
            trials=settings.trials if "trials" in settings.model_fields_set else None,
        )
        # Validated anew: what was not given may follow from the epochs, as the trials of hyperband do.
        given = settings.model_dump(include=settings.model_fields_set)
        planned = {"epochs": plan.epochs, "time_limit": plan.search_seconds}
        chosen = SearchSettings.model_validate(given | planned | _first(settings, rows))
        _log.warning(
            "%d training images: trials of at most %d epochs, %d at a time; search until %s (about %d trials), then "
            "the training of finalists until %s.",
            rows,
            plan.epochs,
            slots,
            write_duration(round(plan.search_seconds)),
            min(plan.trials, chosen.trials or plan.trials),
            write_duration(round(self.budget.limit)),
        )
        if self.address not in ("in-process", "local"):
            _log.warning(
                "An epoch of the defaults takes %.1f s on this machine; where the nodes are quicker or slower, so are "
                "trials: --epochs sets their length.",
                epoch_seconds,
            )
        self.part.end_at(plan.search_seconds)
        self.record = self.record.model_copy(update={"search_seconds": plan.search_seconds})
        return chosen


def _first(settings: SearchSettings, rows: int) -> dict[str, object]:
    """Return the points that are tried first where so few rows ask for others than the defaults, and say so."""
    points = starting_points(rows)[: settings.trials]
    is_free = settings.hypermodel is None and not settings.points and settings.warm_start is None
    if len(points) == 1 or not (is_free and settings.oracle in LEARNING):
        return {}
    others = (", ".join(f"{name} {value}" for name, value in point.items()) for point in points if point)
    _log.warning("Few images: beside the defaults these are tried first: %s.", "; ".join(others))
    return {"points": points}


def _slots(settings: SearchSettings, address: str) -> int:
    """Return how many trials will run at a time; while all nodes are yet to join, those that are waited for."""
    if address == "in-process":
        return 1
    places = Places(settings, is_own=address == "local", command="the same command")
    places.check()
    now, wanted = places.trials(), settings.concurrency
    return now if wanted is None else min(now, wanted) or wanted
