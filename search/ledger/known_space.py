"""The space that an oracle knows, as ``space.json`` keeps it."""

from pydantic import BaseModel, ConfigDict

from search.values import JsonObject


class KnownSpace(BaseModel):
    """Every hyperparameter that the oracle knows, as JSON takes them.

    ``earlier`` are the trials, by id, that were suggested before the space was last edited and the edit accepted: their
    values need not lie in it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    hyperparameters: list[JsonObject]
    earlier: tuple[str, ...] = ()
