"""What a program must know to use an exported model, as plain JSON."""

from typing import Any

from trainer.bundles.manifest import Manifest
from trainer.exporting.formats import INPUT, NOVELTY, OUTPUT

FORMAT = "galaxy-tuner-export/1"


def describe(manifest: Manifest) -> dict[str, Any]:
    """Return the description that goes with an exported model.

    ``preprocessing`` says what was done to the training images and has to be done to others before they are given to
    the model: the central square of ``crop`` times the shorter side, resampled to ``image_size``; ``source_size`` is
    the median (height, width) that the sources had. ``decide`` has, for each way to name a class, the factors to
    multiply its probabilities by before the largest is taken. ``sure`` has the probability of the class decided for
    from which at most ``max_error`` of the answers should be wrong (null: nothing is promised), and ``novelty`` the
    output that is above ``unlike_above`` for images not like the training's; both are null in models that do not know.
    """
    preprocessing, side, trust = manifest.preprocessing, manifest.preprocessing.image_size, manifest.trust
    knows_novelty = trust is not None and trust.false_alarms is not None
    return {
        "format": FORMAT,
        "classes": list(manifest.classes),
        "input": {"name": INPUT, "dtype": "uint8", "shape": ["batch", side, side, 3], "colours": "RGB"},
        "output": {"name": OUTPUT, "dtype": "float32", "shape": ["batch", len(manifest.classes)]},
        "preprocessing": {
            "crop": preprocessing.crop,
            "image_size": side,
            "source_size": list(preprocessing.source_size),
            "resampling": "lanczos",
        },
        "decide": {
            "accuracy": [1.0] * len(manifest.classes),
            "balanced": [manifest.thresholds.get(name, 1.0) for name in manifest.classes],
        },
        "sure": None if trust is None else {"max_error": trust.max_error, "from": dict(trust.sure_from)},
        "novelty": {"name": NOVELTY, "dtype": "float32", "shape": ["batch"], "unlike_above": 1.0}
        if knows_novelty
        else None,
        "dataset_fingerprint": manifest.dataset_fingerprint,
        "trials": [member.name for member in manifest.members],
        "created": manifest.created,
        "versions": dict(manifest.versions),
    }
