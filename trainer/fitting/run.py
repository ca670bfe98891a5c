"""One training, epoch by epoch, that can be left after any epoch and continued as if nothing had happened."""

import math
from dataclasses import dataclass, replace

from datasets import Dataset, Folder, Progress, part_of, silent
from trainer.errors import InfeasibleError
from trainer.fitting.averaging import WeightAverages
from trainer.fitting.building import Build, build_model
from trainer.fitting.checkpoints import BEST, LAST, TrainingState, copy_checkpoints, pack_checkpoint, restore_checkpoint
from trainer.fitting.confusion import CONFUSION, EpochConfusion, Matrix
from trainer.fitting.epoch import EpochScores, Scoring, check_objective, epoch_batches
from trainer.fitting.loop import TrainingLoop
from trainer.fitting.moments import measured_batches
from trainer.frameworks import keras
from trainer.objective import Objective
from trainer.options import TrainingOptions


@dataclass(frozen=True)
class EpochReport:
    """What one epoch gave.

    Attributes:
        epoch: Its number, from 1.
        metrics: All metrics of this epoch; see `TrainingRun`.
        best_epoch: The best epoch so far; None while the objective was NaN in all.
        finished: Whether there is nothing more to train: all epochs are done or patience is exhausted.
    """

    epoch: int
    metrics: dict[str, float]
    best_epoch: int | None
    finished: bool


class TrainingRun:
    """One training of one model, from a blank start or from the ``last`` checkpoint in its folder.

    An epoch's metrics are: ``loss`` and the compiled metrics over the training batches (as they are trained on: mixed,
    and the loss weighted, where the options say so); the same with ``val_`` over the validation rows; and the trainer's
    own ``val_accuracy``, ``val_balanced_accuracy``, ``val_macro_precision``, ``val_macro_recall``, ``val_macro_f1``,
    ``val_ece``, by the most probable classes, ``val_macro_f1_decided``, by those that `decided_across_folds` decides
    for, and ``val_macro_f1_soft``, by their probabilities (`soft_macro_f1`). So are ``val_worst_class``, the number of
    the class that is most surely found least, and ``val_worst_recall``. A metric that an older checkpoint lacks is NaN
    in the epochs before. Where weights are averaged (``weight_averaging``, or an optimizer that does it itself) the
    model is validated, and the best one given, with the averages; its batch normalisation with measured `Moments`.

    On one CPU thread a continued training equals an uninterrupted one bit for bit: weights, optimizer, seed generators,
    learning rate, order and augmentation of the data.

    Use it in one thread. Making one ends whatever else Keras has in its session.
    """

    def __init__(
        self,
        build: Build,
        dataset: Dataset,
        options: TrainingOptions,
        *,
        objective: Objective,
        seed: int,
        checkpoints: Folder,
        max_parameters: int | None = None,
        parent: Folder | None = None,
        until: int | None = None,
    ) -> None:
        """Build the model and, if ``checkpoints`` holds ``last``, go on from there; else from ``parent``'s, if given.

        Args:
            dataset: Its training rows are trained on, its validation rows decide which epoch is best.
            seed: ≥ 1; everything random comes from it.
            checkpoints: Where ``last`` and ``best`` are kept; of this training alone.
            max_parameters: Refuse a larger model.
            parent: Checkpoints of a training that this one continues; ``options`` and ``seed`` are to be the same.
            until: End after this epoch (counted with the parent's); by default after all that ``options`` plan.

        Raises:
            InfeasibleError: The model cannot be built or does not fit the data.
            DatasetError: The dataset has no training rows.
            SplitError: It has no validation rows.
            CheckpointError: ``last``, one's own or the parent's, cannot be continued, or the parent has none.
        """
        self.options, self.objective, self._folder = options, objective, checkpoints
        self._scoring = Scoring.of(dataset)
        self._training, self._validation = epoch_batches(dataset, options, seed=seed)
        built = build_model(
            build,
            seed=seed,
            image_shape=dataset.image_shape,
            classes=len(dataset.classes),
            max_parameters=max_parameters,
            precision=options.precision,
        )
        self._averages = WeightAverages(built.model, options.weight_averaging)
        self._loop = TrainingLoop(
            built, mixed=options.mixup > 0, class_weights=self._training.class_weights, after_step=self._averages.update
        )
        self._state = TrainingState(0, {}, dataset.fingerprint, str(objective))
        self._given: str | None = None  # the checkpoint whose averages are in the weights' place
        self._until = options.epochs if until is None else min(until, options.epochs)
        checkpoints.sweep()
        if parent is not None and not checkpoints.exists(LAST):
            copy_checkpoints(parent, checkpoints)
        if checkpoints.exists(LAST):
            self._restore(LAST)

    @property
    def epoch(self) -> int:
        """Finished epochs."""
        return self._state.epoch

    @property
    def history(self) -> dict[str, list[float]]:
        """Metric → one value a finished epoch (a copy)."""
        return {name: list(values) for name, values in self._state.history.items()}

    @property
    def best_epoch(self) -> int | None:
        """The best epoch so far, from 1; None before the first and while the objective was NaN in all."""
        index = self.objective.best(self._state.history.get(self.objective.name, []))
        return None if index is None else index + 1

    @property
    def finished(self) -> bool:
        """Whether all epochs that this run is to train are done or patience is exhausted."""
        since_best = self.epoch - (self.best_epoch or 0)
        out_of_patience = self.options.patience is not None and since_best >= self.options.patience
        return self.epoch >= self._until or out_of_patience

    @property
    def model(self) -> keras.Model:
        """The model as it is now, with the weights it is trained from."""
        return self._loop.built.model

    @property
    def predicts_logits(self) -> bool:
        """Whether the model's outputs are logits (else probabilities)."""
        return self._loop.built.logits

    @property
    def training_batches(self) -> int:
        """How many batches of `batches_per_epoch` are trained on: the first ones."""
        return len(self._training)

    @property
    def measured_batches(self) -> int:
        """How many batches of `batches_per_epoch` are run after them to measure `Moments`, if the model has any."""
        return measured_batches(self._training, self._loop.built.image_shape)

    @property
    def batches_per_epoch(self) -> int:
        """How many batches `step` reports on: those of training, of measurement and of validation."""
        return self.training_batches + self.measured_batches + len(self._validation)

    def step(self, on_batch: Progress = silent) -> EpochReport:
        """Train one epoch, validate, and write ``best`` (if it is) and ``last``.

        Trains nothing where the run is finished, as one that is continued may be: gives the last report again.
        ``on_batch`` is told after each batch; the total is `batches_per_epoch`.

        Raises:
            InfeasibleError: The model diverged, cannot be trained, or scores what none can. Checkpoints stay.
            ObjectiveError: The model has no such metric.
            StorageError: A checkpoint cannot be written, or the data not be read.
        """
        if self.finished:
            return self.last_report()
        if self._given is not None:
            self._restore(LAST)
        scores = self._train_and_validate(on_batch)
        unknown = [math.nan] * self.epoch
        history = {name: [*self._state.history.get(name, unknown), value] for name, value in scores.metrics.items()}
        self._state = replace(self._state, epoch=self.epoch + 1, history=history)
        self._save(scores.confusion(self.objective))
        return self.last_report()

    def best_model(self) -> keras.Model:
        """Return the model with the weights of the best epoch. It stays the run's own: `step` changes it again.

        Raises InfeasibleError where no epoch had a finite objective.
        """
        if self.best_epoch is None:
            raise InfeasibleError(f"no epoch with a number for {self.objective.name}: there is no best model")
        if self._given != BEST:
            state = self._state
            self._restore(BEST)
            self._state = state
            self._give(BEST)
        return self._loop.built.model

    def last_model(self) -> keras.Model:
        """Return the model with the weights that the last epoch was validated with. It stays the run's own, too."""
        if self._given == BEST:
            self._restore(LAST)
        if self._given is None:
            self._give(LAST)
        return self._loop.built.model

    def last_report(self) -> EpochReport:
        """Return what the last epoch gave; there must be one. Trains nothing."""
        metrics = {name: values[-1] for name, values in self._state.history.items()}
        return EpochReport(self.epoch, metrics, self.best_epoch, self.finished)

    def _train_and_validate(self, on_batch: Progress) -> EpochScores:
        total, steps, measured = self.batches_per_epoch, self.training_batches, self.measured_batches
        first_step = self.epoch * steps
        training = self._loop.train(
            self._training,
            epoch=self.epoch,
            learning_rate_factor=lambda step: self.options.learning_rate_factor(
                first_step + step, steps_per_epoch=steps
            ),
            on_batch=part_of(on_batch, before=0, total=total),
        )
        with self._averages.in_place():
            moments = self._loop.measure_moments(part_of(on_batch, before=steps, total=total))
            validation = self._loop.validate(
                self._validation, on_batch=part_of(on_batch, before=steps + measured, total=total)
            )
        self._averages.keep(moments)
        scores = self._scoring.score(training, validation)
        check_objective(self.objective, tuple(scores.metrics))
        fault = self.objective.fault(scores.metrics[self.objective.name])
        if fault is not None:
            raise InfeasibleError(fault)
        return scores

    def _save(self, confusion: Matrix) -> None:
        data = pack_checkpoint(self._loop.built.model, self._averages.variables, self._state)
        # Best first: if the process ends in between, the epoch is repeated from the older `last`, with the same result.
        if self.best_epoch == self.epoch:
            self._folder.write_whole(BEST, data)
            self._folder.write_whole(CONFUSION, EpochConfusion(self.epoch, confusion).packed())
        self._folder.write_whole(LAST, data)

    def _restore(self, name: str) -> None:
        self._state = restore_checkpoint(
            self._loop.built.model, self._averages.variables, self._folder, name, expected=self._state
        )
        self._given = None

    def _give(self, name: str) -> None:
        self._averages.take_over()
        self._given = name
