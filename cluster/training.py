"""Training a search's winners fully, to a bundle."""

import json
from collections.abc import Sequence

from cluster.provenance import commands
from datasets import Progress, silent
from search import (
    LedgerError,
    Row,
    SearchLayout,
    SearchSpecification,
    builder,
    load_hypermodel,
    open_same_dataset,
    read_search,
    training_options,
)
from trainer import FinalResult, Member, train_final

# Enough for the cosine schedule to come down; a search's own epochs where they are more.
_LEAST_EPOCHS = 20
_PATIENCE = 10


def train_winners(
    name: str, *, storage: str = "runs", top: int = 1, epochs: int | None = None, progress: Progress = silent
) -> FinalResult:
    """Train the ``top`` best configurations of the search called ``name`` into ``<storage>/<name>/model``.

    Several winners become one classifier that averages their probabilities. ``epochs`` defaults to the search's, at
    least 20. Runs in this process; a training that was cut off goes on from its last epoch.

    Raises LedgerError if the search has fewer scored trials than ``top``, or its dataset has changed since.
    """
    view = read_search(storage, name, history=False)
    specification = view.specification
    layout = SearchLayout.of(storage, name)
    winners = _configurations(view.rows)[:top]
    if len(winners) < top:
        raise LedgerError(f"search {name!r} has {len(winners)} trials with a score, and --top {top} asks for more")
    dataset = open_same_dataset(specification)
    longest = epochs if epochs is not None else max(specification.settings.epochs, _LEAST_EPOCHS)
    return train_final(
        [_member(specification, row, longest) for row in winners],
        dataset,
        objective=specification.objective,
        seed=specification.settings.seed,
        work=layout.training,
        bundle=layout.bundle,
        commands=commands(specification, storage=storage, top=top, epochs=longest),
        progress=progress,
    )


def _configurations(rows: Sequence[Row]) -> list[Row]:
    """Return the ranked trials, best first, one of each configuration: a promotion has its parent's."""
    first: dict[str, Row] = {}
    for row in rows:
        if row.rank is not None:
            first.setdefault(json.dumps(row.hyperparameters, sort_keys=True), row)
    return list(first.values())


def _member(specification: SearchSpecification, row: Row, epochs: int) -> Member:
    hypermodel = load_hypermodel(
        specification.settings.hypermodel,
        input_shape=specification.image_shape,
        num_classes=len(specification.classes),
    )
    return Member(
        name=row.trial_id,
        build=builder(hypermodel, row.hyperparameters),
        options=training_options(row.hyperparameters, epochs=epochs, patience=_PATIENCE),
        hyperparameters=dict(row.hyperparameters),
    )
