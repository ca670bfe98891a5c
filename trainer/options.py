"""How a model is trained, whatever the model: lengths, batches, balance, augmentation, learning-rate schedule."""

import math
from dataclasses import dataclass, field
from typing import Literal, get_args

from datasets import Augmentation, Balance
from trainer.errors import OptionsError

Precision = Literal["auto", "float32", "bfloat16"]


@dataclass(frozen=True)
class TrainingOptions:
    """The options of one training; each checks itself.

    Attributes:
        epochs: Epochs planned, ≥ 1. The learning-rate schedule runs over all of them, however early a scheduler stops.
        batch_size: Images a step, ≥ 1.
        balance: How rows of frequent and rare classes are left out, repeated or weighted in training.
        augmentation: How training images are varied.
        mixup: Training images and labels are blended in pairs, with shares from Beta(mixup, mixup), ≥ 0; 0 blends
            nothing. It needs a loss of class probabilities, not one of integer labels (``sparse_…``).
        schedule: ``cosine`` brings the learning rate to 0 at the last step, ``constant`` keeps it.
        warmup_epochs: Epochs (may be a fraction) in which the learning rate rises linearly to the model's own;
            at most half of ``epochs`` are used for it.
        precision: Number format in which layers compute that name none themselves; weights are float32 always.
            ``auto`` is bfloat16 where the machine has instructions for it, else float32.
        weight_averaging: Decay of the moving averages of the weights that the model is validated and used with: at
            least 0, where nothing is averaged, and below 1; 0.998 remembers about 500 steps.
        patience: Stop after so many epochs without a better objective, ≥ 1; None trains all epochs.
    """

    epochs: int = 20
    batch_size: int = 64
    balance: Balance = field(default_factory=Balance)
    augmentation: Augmentation = field(default_factory=Augmentation)
    mixup: float = 0.0
    schedule: Literal["cosine", "constant"] = "cosine"
    warmup_epochs: float = 0.5
    precision: Precision = "float32"
    weight_averaging: float = 0.0
    patience: int | None = None

    def __post_init__(self) -> None:
        _require(self.epochs >= 1, f"epochs ≥ 1 must hold, but got {self.epochs}")
        _require(self.batch_size >= 1, f"batch_size ≥ 1 must hold, but got {self.batch_size}")
        _require(math.isfinite(self.mixup) and self.mixup >= 0, f"mixup ≥ 0 must hold, but got {self.mixup}")
        _require(
            self.schedule in ("cosine", "constant"), f"schedule must be cosine or constant, but got {self.schedule!r}"
        )
        _require(
            0 <= self.weight_averaging < 1,
            f"weight_averaging must be at least 0 and below 1, but got {self.weight_averaging}",
        )
        precisions = get_args(Precision)
        _require(
            self.precision in precisions,
            f"precision must be one of {', '.join(precisions)}, but got {self.precision!r}",
        )
        _require(
            math.isfinite(self.warmup_epochs) and self.warmup_epochs >= 0,
            f"warmup_epochs ≥ 0 must hold, but got {self.warmup_epochs}",
        )
        _require(
            self.patience is None or self.patience >= 1, f"patience ≥ 1 (or none) must hold, but got {self.patience}"
        )

    def learning_rate_factor(self, step: int, *, steps_per_epoch: int) -> float:
        """Return what the model's own learning rate is multiplied by at ``step`` (0 is the first of the training).

        It depends on nothing else, so a continued training goes on where it was. The cosine is half a period
        from 1 to 0 (Loshchilov & Hutter 2017, arXiv:1608.03983, without restarts), after a linear warm-up.
        """
        total = self.epochs * steps_per_epoch
        warmup = min(self.warmup_epochs * steps_per_epoch, total / 2)
        if step < warmup:
            return min(1.0, (step + 1) / (warmup + 1))
        if self.schedule == "constant":
            return 1.0
        return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warmup) / (total - warmup))))


def _require(holds: bool, rule: str) -> None:
    if not holds:
        raise OptionsError(rule)
