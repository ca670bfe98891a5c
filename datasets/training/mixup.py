"""Mixup: training images blended in pairs, and their labels with them."""

import numpy as np
import numpy.typing as npt

from datasets.images.opencv import one_threaded_opencv


def mix_up(
    images: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int64],
    *,
    concentration: float,
    classes: int,
    generator: np.random.Generator,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Blend each image with another of the batch (Zhang et al. 2018, arXiv:1710.09412).

    The share of the image itself is drawn from Beta(``concentration``, ``concentration``), for each image anew; a
    small concentration leaves most images nearly as they are. The paper recommends 0.1–0.4.

    Takes images, float32, (n, height, width, 3), which stay as they are, and labels, int64, (n,). Returns new images
    and targets, float32, (n, classes), whose rows add up to 1.
    """
    own = generator.beta(concentration, concentration, len(images)).astype(np.float32)
    partners = generator.permutation(len(images))
    cv2 = one_threaded_opencv()
    mixed = np.empty_like(images)
    for target, image, partner, share in zip(mixed, images, partners.tolist(), own.tolist(), strict=True):
        cv2.addWeighted(image, share, images[partner], 1 - share, 0, target)  # no arrays of a batch's size in between
    targets = np.zeros((len(images), classes), np.float32)
    places = np.arange(len(images))
    targets[places, labels] = own
    targets[places, labels[partners]] += 1 - own
    return mixed, targets
