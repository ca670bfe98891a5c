"""How a model is trained, whatever the model: lengths, batches, balance, augmentation, learning-rate schedule."""

import math
from dataclasses import dataclass, field
from typing import Literal, get_args

from datasets import Augmentation, Balance
from trainer.errors import OptionsError

Precision = Literal["auto", "float32", "bfloat16"]
Schedule = Literal["cosine", "constant"]


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
    schedule: Schedule = "cosine"
    warmup_epochs: float = 0.5
    precision: Precision = "float32"
    weight_averaging: float = 0.0
    patience: int | None = None

    def __post_init__(self) -> None:
        rules = [
            ("epochs", self.epochs >= 1, "epochs ≥ 1 must hold"),
            ("batch_size", self.batch_size >= 1, "batch_size ≥ 1 must hold"),
            ("mixup", 0 <= self.mixup < math.inf, "mixup ≥ 0 must hold"),
            ("schedule", self.schedule in get_args(Schedule), "schedule must be cosine or constant"),
            ("weight_averaging", 0 <= self.weight_averaging < 1, "weight_averaging must be at least 0 and below 1"),
            ("precision", self.precision in get_args(Precision), "precision must be one of auto, float32, bfloat16"),
            ("warmup_epochs", 0 <= self.warmup_epochs < math.inf, "warmup_epochs ≥ 0 must hold"),
            ("patience", self.patience is None or self.patience >= 1, "patience ≥ 1 (or none) must hold"),
        ]
        for name, holds, rule in rules:
            if not holds:
                value = getattr(self, name)
                raise OptionsError(f"{rule}, but got {repr(value) if isinstance(value, str) else value}")

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
