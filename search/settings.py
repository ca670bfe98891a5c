"""What a user may set of a search: a field for each option of ``galaxy search`` and key of ``--config FILE.toml``."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from search.compatibility import check_compatible, default_scheduler
from search.hyperband_size import HYPERBAND, hyperband_trials
from search.layout import check_name
from search.values import Value

_TRIALS = 20


class SearchSettings(BaseModel):
    """How a search runs. Validates itself: an unknown key or a value out of range is a pydantic.ValidationError."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description="Name of the search: letters, digits, '.', '_' and '-'.")
    oracle: str = Field(
        "tpe",
        description="What proposes configurations: 'tpe', 'bayesian', 'random', 'grid', 'hyperband', "
        "or your own as module:factory.",
    )
    scheduler: str = Field(
        default_factory=lambda known: default_scheduler(known["oracle"]),
        description="What stops weak trials early: 'asha', 'median' or 'none'; 'none' with hyperband.",
        pattern="^(asha|median|none)$",
    )
    epochs: int = Field(20, ge=1, description="Longest training of one trial, in epochs.")
    trials: int = Field(
        default_factory=lambda known: most_trials(known) or _TRIALS,
        ge=1,
        description="How many configurations to try; with hyperband at most as many as it makes by itself.",
    )
    concurrency: int | None = Field(None, ge=1, description="Trials at a time; by default as many as the CPUs carry.")
    cpus_per_trial: int = Field(1, ge=1, description="CPUs (and threads) a trial gets.")
    gpus_per_trial: float = Field(0.0, ge=0.0, description="GPUs a trial gets; a fraction shares one.")
    objective: str = Field("val_macro_f1", description="Metric to optimise; NAME:max or NAME:min for one of your own.")
    hypermodel: str | None = Field(
        None, description="Your own search space as module:object; by default the built-in CNN's."
    )
    seed: int = Field(1, ge=1, description="Everything random in the search derives from it.")
    patience: int | None = Field(
        None, ge=1, description="Epochs without a better objective that end a trial; by default none do."
    )
    max_failures: int = Field(2, ge=0, description="How often a trial whose worker is lost is started again.")
    points: tuple[dict[str, Value], ...] = Field(
        (), description="Configurations to try first, hyperparameter → value; what one leaves out has its default."
    )
    warm_start: str | None = Field(
        None, description="Another search to learn from: its name, or the path or URI of its directory."
    )
    max_parameters: int | None = Field(
        None, ge=1, description="Larger models are infeasible; by default there is no limit."
    )

    @field_validator("name")
    @classmethod
    def _name_is_a_folder(cls, name: str) -> str:
        return check_name(name)

    @field_validator("trials")
    @classmethod
    def _no_more_than_there_will_be(cls, trials: int, known: ValidationInfo) -> int:
        return min(trials, most_trials(known.data) or trials)

    def check(self) -> None:
        """Raise SettingsError, one line, where two settings do not go together."""
        check_compatible(self.oracle, self.scheduler, patience=self.patience)


def most_trials(known: dict[str, Any]) -> int | None:
    """Return how many trials the oracle makes by itself, None if it knows no end."""
    if known.get("oracle") != HYPERBAND or "epochs" not in known:
        return None
    return hyperband_trials(known["epochs"])
