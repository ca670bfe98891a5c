"""A configuration of a search on its way to a full training."""

from dataclasses import dataclass
from typing import Any

from search import SearchSpecification, builder, load_hypermodel, training_options
from trainer import Member

# Enough after the best epoch to be sure that there is no better one.
_PATIENCE = 10


@dataclass(frozen=True)
class Winner:
    """A configuration of a search, to be trained fully.

    Attributes:
        name: Names it and its folder: the id of its trial, with a number where one is trained more than once.
        hyperparameters: Its values.
        epochs: Longest training, ≥ 1.
        seed: ≥ 1.
    """

    name: str
    hyperparameters: dict[str, Any]
    epochs: int
    seed: int

    def member(self, specification: SearchSpecification) -> Member:
        """Return it as a member of a final training."""
        hypermodel = load_hypermodel(
            specification.settings.hypermodel,
            input_shape=specification.image_shape,
            num_classes=len(specification.classes),
        )
        return Member(
            name=self.name,
            build=builder(hypermodel, self.hyperparameters),
            options=training_options(self.hyperparameters, epochs=self.epochs, patience=_PATIENCE),
            hyperparameters=dict(self.hyperparameters),
            seed=self.seed,
        )
