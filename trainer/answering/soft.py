"""Macro F1 that counts how probable each class is, alone or beside which one is decided for.

Where validation images of a class are few, one decision more or less moves its F1 by more than networks differ. Their
probabilities, calibrated, tell networks apart that decide alike. They are counted in place of decisions: the
probabilistic F1 of Yacouby and Axman 2020 (doi:10.18653/v1/2020.eval4nlp-1.9). It is lower than the F1 of decisions,
and does not quite order networks as that does: with many images decisions tell more.
"""

import numpy as np
import numpy.typing as npt

from trainer.answering.calibration import fit_calibration, log_probabilities
from trainer.answering.expected import f1, rarity

_AS_MUCH = 150
"""Images of a class, in the harmonic mean over the classes, with which decisions tell as much as probabilities do: near
the best weight for 100 to 2,500 images of five classes, which hardly matters (`tests/benchmarks/search/guides.py`)."""


def soft_macro_f1(
    true: npt.NDArray[np.int64],
    probabilities: npt.NDArray[np.floating],
    *,
    folds: npt.NDArray[np.int64],
    shares: npt.NDArray[np.float64],
) -> float:
    """Return the mean over the classes of 2 Σ p of the class's own images / (their number + Σ p of all images).

    The probabilities of each fold are calibrated on the others, sharpness and tilt, so that networks are not compared
    by how sure they are, nor by the shares of the classes that they were trained on.

    Args:
        true: int64, (n,): class numbers.
        probabilities: (n, classes), not calibrated.
        folds: int64, (n,): see `trainer.answering.decision.folds_of`. Where there is but one they stay as they are.
        shares: float64, (classes,): see `trainer.answering.decision.training_shares`.
    """
    # Imported here: who only decides must not wait for SciPy.
    from scipy.special import softmax

    logs, rare = log_probabilities(probabilities), rarity(shares)
    calibrated = logs.copy()
    for fold in np.unique(folds):
        within = folds == fold
        if not within.all():
            calibration = fit_calibration(true[~within], logs[~within], rare)
            calibrated[within] = calibration.logits(logs[within], rare)
    chances = softmax(calibrated, axis=1)
    own = np.eye(len(rare))[true]
    return float(f1((own * chances).sum(axis=0), chances.sum(axis=0), own.sum(axis=0))[own.any(axis=0)].mean())


def steady_macro_f1(decided: float, soft: float, rows: npt.NDArray[np.int64]) -> float:
    """Return a mean of macro F1 by decisions and by probabilities: decisions weigh the more the more images there are.

    A composite estimator, as surveys have for small areas (Fay and Herriot 1979, doi:10.1080/01621459.1979.10482505):
    of a direct one, which few images leave to chance, and of one that is steady but a little off.

    Args:
        decided: See `trainer.answering.decision.decided_across_folds`.
        soft: See `soft_macro_f1`.
        rows: int64, (classes,): how many images of each class both are of. Classes without any do not count.
    """
    mean = 1 / np.mean(1 / rows[rows > 0])
    return float((mean * decided + _AS_MUCH * soft) / (mean + _AS_MUCH))
