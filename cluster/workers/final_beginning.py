"""One further beginning of a finalist, as a worker is told of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from cluster.workers.trial import model_builder
from datasets import Dataset, Folder, Progress
from search import SearchSpecification, Value, training_options
from trainer import Beginning, train_beginning


@dataclass(frozen=True)
class FinalBeginning:
    """A training of a configuration to its last epoch, on a division of its own of the rows that are not tested on.

    Attributes:
        configuration: The finalist's trial id.
        number: Of the beginning and of its division, ≥ 1.
        hyperparameters: The configuration.
        epochs: ≥ 1.
        seed: ≥ 1.
    """

    configuration: str
    number: int
    hyperparameters: Mapping[str, Value]
    epochs: int
    seed: int

    @property
    def name(self) -> str:
        """What names it and its folder."""
        return f"{self.configuration}-b{self.number}"

    def beginning(self, specification: SearchSpecification, hypermodel: object | None) -> Beginning:
        """Return it as the trainer takes it, of the ``hypermodel`` if the search is of one given."""
        return Beginning(
            configuration=self.configuration,
            number=self.number,
            build=model_builder(specification, self.hyperparameters, hypermodel),
            options=training_options(self.hyperparameters, epochs=self.epochs),
            hyperparameters=dict(self.hyperparameters),
            seed=self.seed,
        )

    def train(
        self,
        specification: SearchSpecification,
        hypermodel: object | None,
        dataset: Dataset,
        *,
        work: Folder,
        progress: Progress,
    ) -> None:
        """Train it to its end, and leave its network and answers in ``work``. Raises as `train_beginning`."""
        beginning = self.beginning(specification, hypermodel)
        train_beginning(beginning, dataset, objective=specification.objective, work=work, progress=progress)
