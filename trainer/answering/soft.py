"""Macro F1 that counts how probable each class is, not which one is decided for.

Where validation images of a class are few, one decision more or less moves its F1 by more than networks differ. Their
probabilities, calibrated, tell networks apart that decide alike. They are counted in place of decisions: the
probabilistic F1 of Yacouby and Axman 2020 (doi:10.18653/v1/2020.eval4nlp-1.9). It is lower than the F1 of decisions.
"""

import numpy as np
import numpy.typing as npt

from trainer.answering.calibration import fit_calibration, log_probabilities
from trainer.answering.expected import f1, rarity


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
