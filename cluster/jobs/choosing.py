"""What a fit chooses by itself, once it knows dataset and machine: how long its trials train."""

import logging

from cluster.driving.places import Places
from cluster.jobs.planning import plan_fit
from datasets import Dataset, Split, write_duration
from search import SearchSettings, TimeBudget

_log = logging.getLogger(__name__)


def chosen_by_size(
    settings: SearchSettings,
    epoch_seconds: float,
    *,
    dataset: Dataset,
    budget: TimeBudget,
    address: str,
    epochs: int | None,
) -> SearchSettings:
    """Return the settings with the epochs of a trial, unless ``epochs`` were asked for; say how the time is parted.

    ``epoch_seconds`` are those of an epoch of the space's defaults, ``budget`` has all the time.
    """
    slots = _slots(settings, address)
    rows = len(dataset.rows(Split.TRAIN))
    assert budget.limit is not None
    plan = plan_fit(
        seconds=budget.limit,
        rows=rows,
        epoch_seconds=epoch_seconds,
        slots=slots,
        begun=budget.spent(),
        epochs=epochs,
    )
    _log.warning(
        "%d training images: trials of at most %d epochs, %d at a time; search until %s (about %d trials), then the "
        "training of finalists until %s.",
        rows,
        plan.epochs,
        slots,
        write_duration(round(plan.search_seconds)),
        plan.trials,
        write_duration(round(budget.limit)),
    )
    # Validated anew: what was not given may follow from the epochs, as the trials of hyperband do.
    given = settings.model_dump(include=settings.model_fields_set)
    return SearchSettings.model_validate(given | {"epochs": plan.epochs})


def _slots(settings: SearchSettings, address: str) -> int:
    """Return how many trials will run at a time."""
    if address == "in-process":
        return 1
    places = Places(settings, is_own=address == "local", command=settings.resuming())
    places.check()
    return min(places.trials(), settings.concurrency or places.trials())
