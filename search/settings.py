"""What a user may set of a search: each field is an option of ``galaxy search`` and a key of ``--config FILE.toml``."""

from typing import Annotated, Any, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from datasets import Option, parse_duration
from search.compatibility import (
    HYPERBAND,
    ORACLES,
    SCHEDULERS,
    check_compatible,
    default_scheduler,
    hyperband_trials,
)
from search.layout import SearchLayout, check_name
from search.values import Value

_TRIALS = 20
_LEAST_GPU = 0.0001  # Ray counts in such parts
_TRIED, _RESOURCES = "What is tried", "What a trial gets"


class SearchSettings(BaseModel):
    """How a search runs. Validates itself: an unknown key or a value out of range is a pydantic.ValidationError."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Option("Name to give the search; later commands ask for it.", metavar="NAME")]
    oracle: Annotated[
        str,
        Option(
            "What proposes configurations: tpe, bayesian, random, grid, hyperband, or your own as module:factory.",
            _TRIED,
            values=ORACLES,
        ),
    ] = "tpe"
    scheduler: Annotated[
        str,
        Option(
            "What stops weak trials early: asha, median or none; always none with hyperband.",
            _TRIED,
            default_scheduler("tpe"),
            values=SCHEDULERS,
        ),
    ] = Field(default_factory=lambda known: default_scheduler(known["oracle"]), pattern="^(asha|median|none)$")
    epochs: Annotated[int, Field(ge=1), Option("Longest training of one trial, in epochs.", _TRIED)] = 20
    # Seconds. No trial begins that cannot finish an epoch, and what runs at the end is cut.
    time_limit: Annotated[
        float | None,
        Field(gt=0, allow_inf_nan=False),
        Option(
            "Time for the whole search, its start counted, such as 30m or 1h30m.",
            _TRIED,
            "no limit",
            metavar="TIME",
            duration=True,
        ),
    ] = None
    trials: Annotated[
        int | None,
        Option(
            "How many configurations to try; hyperband has a count of its own.",
            _TRIED,
            f"{_TRIALS}, with --time-limit as many as there is time for",
        ),
    ] = Field(default_factory=lambda known: _planned(None, known), ge=1)
    concurrency: Annotated[
        int | None, Field(ge=1), Option("Trials at a time.", _RESOURCES, "as many as the nodes carry")
    ] = None
    cpus_per_trial: Annotated[int, Field(ge=1), Option("CPUs, and threads, for each trial.", _RESOURCES)] = 1
    gpus_per_trial: Annotated[
        float, Field(ge=0.0), Option("GPUs for each trial; a fraction shares one.", _RESOURCES)
    ] = 0.0
    cpu_nodes_too: Annotated[
        bool, Option("With --gpus-per-trial, use nodes without GPUs, too: a trial there has CPUs alone.", _RESOURCES)
    ] = False
    objective: Annotated[str, Option("Metric to optimise; NAME:max or NAME:min for your own.", _TRIED)] = (
        "val_macro_f1_steady"
    )
    # `<build>` stands for an object of that name that was given to `cluster.run_search` instead.
    hypermodel: Annotated[
        str | None,
        Option("Your own Keras Tuner HyperModel.", _TRIED, "the built-in CNN", metavar="MODULE:OBJECT"),
    ] = None
    seed: Annotated[int, Field(ge=1), Option("Everything random derives from it.", _TRIED)] = 1
    patience: Annotated[
        int | None, Field(ge=1), Option("Epochs without a better objective that end a trial.", _TRIED, "no limit")
    ] = None
    max_failures: Annotated[
        int, Field(ge=0), Option("How often a trial starts again whose worker was lost.", _RESOURCES)
    ] = 2
    points: Annotated[
        tuple[dict[str, Value], ...],
        Option(
            "JSON file of a configuration, or a list of them, to try first; what one leaves out has its default. "
            "May be given again.",
            _TRIED,
            metavar="POINT.json",
            name="--try",
        ),
    ] = ()
    warm_start: Annotated[
        str | None,
        Option(
            "Another search whose results the oracle learns from: its name, or the path or URI of its directory.",
            _TRIED,
            metavar="OTHER",
            is_search=True,
        ),
    ] = None
    max_parameters: Annotated[
        int | None, Field(ge=1), Option("Refuse models with more parameters.", _RESOURCES, "no limit")
    ] = None

    @field_validator("*", mode="before")
    @classmethod
    def _truth_is_no_number(cls, value: object, field: ValidationInfo) -> object:
        kinds = get_args(kind := cls.model_fields[field.field_name or ""].annotation) or (kind,)
        if isinstance(value, bool) and not {int, float}.isdisjoint(kinds):
            raise ValueError(f"expected a {'whole ' if int in kinds else ''}number, found {str(value).lower()}")
        return value

    @field_validator("name")
    @classmethod
    def _name_is_a_folder(cls, name: str) -> str:
        return check_name(name)

    @field_validator("gpus_per_trial")
    @classmethod
    def _gpus_that_ray_gives(cls, gpus: float) -> float:
        return check_gpus(gpus)

    @field_validator("trials")
    @classmethod
    def _no_more_than_there_will_be(cls, trials: int | None, known: ValidationInfo) -> int | None:
        return _planned(trials, known.data)

    @field_validator("time_limit", mode="before")
    @classmethod
    def _time_in_words(cls, time_limit: object) -> object:
        return parse_duration(time_limit) if isinstance(time_limit, str) else time_limit

    @property
    def is_by_value(self) -> bool:
        """Whether the HyperModel is an object that was given, and is not stored."""
        return self.hypermodel is not None and self.hypermodel.startswith("<")

    def resuming(
        self, layout: SearchLayout, *retry: str, address: str = "local", is_fit: bool = False, more_time: bool = False
    ) -> str:
        """Write what goes on with the search at ``layout``, or the fit, on the Ray at ``address``, for its user.

        With ``more_time`` it gives a limit of time.
        """
        if self.is_by_value:
            function, retried = "resume_fit" if is_fit else "resume_search", str([*retry]) if retry else None
            limit = "…" if more_time else None
            return layout.call(function, address=address, in_where=is_fit, retry=retried, time_limit=limit)
        words = [word for which in retry for word in ("--retry", which)]
        words += ["--time-limit", "TIME"] if more_time else []
        place = () if address == "local" else ("--address", address)
        return f"`{layout.command('resume', self.name, *words, *place)}`"

    def check(self) -> None:
        """Raise SettingsError, one line, where two settings do not go together."""
        check_compatible(self.oracle, self.scheduler, patience=self.patience)


def check_gpus(gpus: float) -> float:
    """Return a number of GPUs. Raises ValueError, one line, for one that Ray never gives: a part is of a single GPU."""
    if gpus == 0 or _LEAST_GPU <= gpus < 1 or (gpus >= 1 and gpus.is_integer()):
        return gpus
    raise ValueError(f"expected a whole number of GPUs, or a part of one, {_LEAST_GPU:g} at least, found {gpus:g}")


def _planned(trials: int | None, known: dict[str, Any]) -> int | None:
    """Return how many trials there will be: without a number 20, or where a time is given as many as it takes."""
    most = most_trials(known)
    if trials is not None:
        return min(trials, most or trials)
    return most if known.get("time_limit") is not None else most or _TRIALS


def most_trials(known: dict[str, Any]) -> int | None:
    """Return how many trials the oracle makes by itself, None if it knows no end."""
    if known.get("oracle") != HYPERBAND or "epochs" not in known:
        return None
    return hyperband_trials(known["epochs"])
