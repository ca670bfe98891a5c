"""What a search is: written once, at its start, and never changed.

How many trials it is to have, in how much time, and where its dataset lies may change: files beside the specification
then say so, and whoever reads it reads them too.
"""

import json
from importlib.metadata import version
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from datasets import Dataset, FormatError, StorageError, first_problem, write_duration
from search.errors import LedgerError, SettingsError
from search.layout import BUDGET, DATASET, SPECIFICATION, SearchLayout
from search.ledger.leaving import mark_at
from search.ledger.reading import parsed, read_model
from search.ledger.records import now
from search.settings import SearchSettings, most_trials
from trainer import Objective

FORMAT: Literal["galaxy-tuner-search/1"] = "galaxy-tuner-search/1"
_PACKAGES = ("keras-tuner", "ray", "keras", "tensorflow", "numpy", "opencv-python-headless")


class SearchSpecification(BaseModel):
    """A search's settings and the dataset they apply to, as kept in ``specification.json``.

    ``dataset`` is an absolute path or URI, ``image_shape`` is (height, width, 3).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["galaxy-tuner-search/1"]
    settings: SearchSettings
    objective_name: str
    objective_direction: str
    dataset: str
    fingerprint: str
    classes: tuple[str, ...]
    image_shape: tuple[int, int, int]
    created: str
    versions: dict[str, str]

    @classmethod
    def of(cls, settings: SearchSettings, dataset: Dataset, objective: Objective) -> Self:
        """Specify a search over ``dataset``, as of now, with this environment's versions."""
        return cls(
            format=FORMAT,
            settings=settings,
            objective_name=objective.name,
            objective_direction=objective.direction,
            dataset=dataset.info.path,
            fingerprint=dataset.fingerprint,
            classes=dataset.classes,
            image_shape=dataset.image_shape,
            created=now(),
            versions={package: version(package) for package in _PACKAGES},
        )

    @property
    def objective(self) -> Objective:
        """The metric to optimise and its direction."""
        return Objective(self.objective_name, "max" if self.objective_direction == "max" else "min")


def create_search(layout: SearchLayout, specification: SearchSpecification) -> None:
    """Write the specification and by that take the name. Raises LedgerError, and touches nothing, if it is taken."""
    data = specification.model_dump_json(indent=2).encode()
    if not layout.root.create(SPECIFICATION, data):
        raise _taken(layout, specification.settings.name)


def check_name_free(layout: SearchLayout, name: str) -> None:
    """Raise LedgerError if the name is taken: asked early, before work that `create_search` would refuse."""
    if is_taken(layout):
        raise _taken(layout, name)


def is_taken(layout: SearchLayout) -> bool:
    """Whether there is a search of this name. Raises StorageError where that cannot be told."""
    return layout.root.exists(SPECIFICATION)


def extended(
    specification: SearchSpecification, trials: int | None = None, time_limit: float | None = None
) -> SearchSpecification:
    """Return the search with so many trials, and so many seconds in all, where these are given.

    Raises SettingsError for fewer than it was to have, or more trials than its oracle makes.
    """
    settings = specification.settings
    before = settings.time_limit
    if time_limit is not None and before is not None and time_limit < before:
        given, had = write_duration(time_limit), write_duration(before)
        raise SettingsError(f"--time-limit {given}: the search was to have {had} already: ask for more, or none")
    if trials is not None:
        _check_trials(settings, trials)
    return _with_budget(
        specification,
        settings.trials if trials is None else trials,
        settings.time_limit if time_limit is None else time_limit,
    )


def _check_trials(settings: SearchSettings, trials: int) -> None:
    before, most = settings.trials, most_trials(dict(settings))
    if before is not None and trials < before:
        raise SettingsError(f"--trials {trials}: the search was to have {before} already: ask for more, or none")
    if most is not None and trials > most:
        raise SettingsError(
            f"--trials {trials}: {settings.oracle} over {settings.epochs} epochs makes "
            f"{most}: ask for {most}, or start a new search with more --epochs"
        )


def open_same_dataset(specification: SearchSpecification, place: str | None = None) -> Dataset:
    """Open the dataset that a search ran on, at ``place`` if it has moved. Raises LedgerError if it is another one."""
    where = specification.dataset if place is None else place
    try:
        dataset = Dataset.open(where)
    except (FormatError, StorageError) as error:
        if place is not None:
            raise
        raise LedgerError(f"{error}; if the search's dataset has moved, say where to: --dataset PLACE") from error
    if dataset.fingerprint != specification.fingerprint:
        raise LedgerError(
            f"{where}: the search ran on a dataset with fingerprint {specification.fingerprint[:12]}…, "
            f"found {dataset.fingerprint[:12]}…: say where the original is (--dataset PLACE), import it again, "
            "or start a new search"
        )
    return dataset


def moved(specification: SearchSpecification, dataset: Dataset) -> SearchSpecification:
    """Return the search with its dataset where ``dataset``, the same, lies."""
    return specification.model_copy(update={"dataset": dataset.info.path})


def keep_changes(layout: SearchLayout, before: SearchSpecification, now: SearchSpecification) -> None:
    """Make durable what `extended` and `moved` have changed."""
    budget = _budget(now)
    if budget != _budget(before):
        layout.root.write_whole(BUDGET, json.dumps(budget).encode())
    if now.dataset != before.dataset:
        layout.root.write_whole(DATASET, json.dumps({"dataset": now.dataset}).encode())


def _changed(specification: SearchSpecification, layout: SearchLayout) -> SearchSpecification:
    """Return the search with the changes that were kept, under the name of the folder in which it lies now."""
    if (budget := read_model(layout.root, BUDGET, _Budget)) is not None:
        # Before there were times this had none.
        is_timed = "time_limit" in budget.model_fields_set
        time_limit = budget.time_limit if is_timed else specification.settings.time_limit
        specification = _with_budget(specification, budget.trials, time_limit)
    if (place := read_model(layout.root, DATASET, _DatasetPlace)) is not None:
        specification = specification.model_copy(update={"dataset": place.dataset})
    if specification.settings.name != layout.name:  # it was renamed
        settings = specification.settings.model_copy(update={"name": layout.name})
        specification = specification.model_copy(update={"settings": settings})
    return specification


class _Budget(BaseModel):
    """What is read of ``budget.json``."""

    trials: int | None = Field(ge=1)
    time_limit: float | None = Field(None, gt=0, allow_inf_nan=False)


class _DatasetPlace(BaseModel):
    """What is read of ``dataset.json``."""

    dataset: str


def _budget(specification: SearchSpecification) -> dict[str, float | None]:
    settings = specification.settings
    return {"trials": settings.trials, "time_limit": settings.time_limit}


def _with_budget(
    specification: SearchSpecification, trials: int | None, time_limit: float | None
) -> SearchSpecification:
    settings = specification.settings.model_copy(update={"trials": trials, "time_limit": time_limit})
    return specification.model_copy(update={"settings": settings})


def _taken(layout: SearchLayout, name: str) -> LedgerError:
    return LedgerError(
        f"a search named {name!r} exists already at {layout.root.uri}: choose another --name, "
        f"or look at it with `{layout.command('leaderboard', name)}`"
    )


def absent(layout: SearchLayout) -> LedgerError:
    """Return the error of a search that is not there."""
    lists = layout.command("searches")
    return LedgerError(f"no search at {layout.root.uri}: `{lists}` lists those that are there")


def read_specification(layout: SearchLayout) -> SearchSpecification:
    """Read a search's specification. Raises LedgerError if there is none or another version wrote it."""
    try:
        specification = parsed(layout.root, SPECIFICATION, SearchSpecification.model_validate_json)
        if specification is None:
            raise absent(layout)
        return _changed(specification, layout)
    except (ValidationError, SettingsError) as error:  # a SettingsError is of a name that none can have
        if (mark := mark_at(layout)) is not None:
            raise LedgerError(mark.said(layout)) from error
        problem = first_problem(error) if isinstance(error, ValidationError) else error
        raise LedgerError(
            f"{layout.root.child(SPECIFICATION).uri}: expected a specification of format {FORMAT}, found none: "
            f"{problem}: the file was changed or cut short, or another version wrote it: put it back, or "
            f"`{layout.command('delete', layout.name)}`"
        ) from error
