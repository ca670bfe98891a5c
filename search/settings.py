"""What a user may set of a search: a field for each option of ``galaxy search`` and key of ``--config FILE.toml``."""

from pydantic import BaseModel, ConfigDict, Field, field_validator

from search.layout import check_name
from search.records import Value


class SearchSettings(BaseModel):
    """How a search runs. Validates itself: an unknown key or a value out of range is a pydantic.ValidationError."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description="Name of the search: letters, digits, '.', '_' and '-'.")
    oracle: str = Field(
        "tpe",
        description="What proposes configurations: 'tpe', 'bayesian', 'random', 'grid', or your own as module:factory.",
    )
    scheduler: str = Field(
        "asha", description="What stops weak trials early: 'asha' or 'none'.", pattern="^(asha|none)$"
    )
    trials: int = Field(20, ge=1, description="How many configurations to try.")
    epochs: int = Field(20, ge=1, description="Longest training of one trial, in epochs.")
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
