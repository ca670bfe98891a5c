"""A usable bundle of a search's best trial so far, made while the search goes on.

It takes about 4 s of one CPU, most of it to build the model and prove that it loads (`tests/benchmarks/RESULTS.md`).
"""

from collections.abc import Sequence

from datasets import Dataset, Folder, Split, UnlabelledBatches, plain_batches
from trainer.answering.predicting import predict
from trainer.final.bundling import Answered, FinalResult, write_calibrated
from trainer.final.learning_none import shown
from trainer.final.member import Member, describe, named
from trainer.final.portable import portable
from trainer.fitting.best import beside_a_training, load_best
from trainer.fitting.epoch import VALIDATION_BATCH_SIZE, split_batches
from trainer.objective import Objective

_MOST = 2000
"""Validation images that are asked for: enough for a temperature and an exponent, and answered in seconds."""


@beside_a_training()
def interim_bundle(
    trial: Member,
    checkpoints: Folder,
    dataset: Dataset,
    *,
    objective: Objective,
    bundle: Folder,
    commands: Sequence[str] = (),
) -> FinalResult | None:
    """Write a calibrated bundle of a trial's best epoch, with one view of an image and without scores on test images.

    The trial may be training meanwhile, in another process or between two epochs in this thread: nothing of it is
    changed. Only one thread of a process may do this at a time. TensorFlow takes the threads that `limit_threads` left
    it.

    Args:
        trial: What the trial trains, with its id as the name.
        checkpoints: Where it keeps them.
        commands: Shell commands that make the search, for the record.

    Returns None, and writes nothing, where the trial has no best epoch yet.

    Raises:
        InfeasibleError: The model cannot be built, or its outputs are no numbers; the text names the trial.
        CheckpointError: The checkpoint is damaged, or of another dataset, objective or model.
        BundleError: The model cannot be loaded again, so no bundle was written.
        SplitError: The dataset has no validation rows.
        StorageError: ``checkpoints`` cannot be read, or ``bundle`` not be written.
    """
    rows = split_batches(dataset, Split.VALIDATION).rows
    with named(trial.name):
        best = load_best(trial.build, trial.options, checkpoints, dataset, objective=objective)
        if best is None:
            return None
        model = portable(best.model)
        some = rows[:: -(-len(rows) // _MOST)]
        batches = plain_batches(dataset, some, batch_size=VALIDATION_BATCH_SIZE)
        true, probabilities = predict(model, batches, logits=best.logits)
        unlabelled = None
        if len(numbers := shown(dataset)):
            others = UnlabelledBatches(dataset, numbers, VALIDATION_BATCH_SIZE)
            unlabelled = Answered.of_no_class(numbers, predict(model, others, logits=best.logits)[1])
    epoch, history = best.state.epoch, best.state.history
    return write_calibrated(
        [model],
        [describe(trial, model, logits=best.logits, history=history, epoch=epoch, views=1)],
        dataset=dataset,
        unseen=Answered(some, true, probabilities),
        test=None,
        unlabelled=unlabelled,
        objective=objective,
        seed=trial.seed,
        bundle=bundle,
        commands=commands,
        interim=True,
    )
