"""A model card: what a bundle is for, what it was made of, how good it is and what it must not be trusted with.

The sections are those of Mitchell et al. 2019 (arXiv:1810.03993) that can be filled in from `bundle.json` alone.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from trainer.answering.decision import Decide
from trainer.bundles.manifest import BundleMember, Manifest
from trainer.scores import wilson_interval

_ABSENT = "–"


def model_card(manifest: Manifest) -> str:
    """Return the card as Markdown."""
    parts = [
        _details(manifest),
        _intended_use(manifest),
        _data(manifest),
        *(_scores(manifest, split) for split in manifest.metrics),
        _thresholds(manifest),
        _limits(manifest),
        _again(manifest),
    ]
    return "\n\n".join(["# Model card", *parts]) + "\n"


def _details(manifest: Manifest) -> str:
    weights = sum(member.parameters for member in manifest.members)
    averaged = f", {len(manifest.members)} networks averaged" if len(manifest.members) > 1 else ""
    facts = {
        "Kind": f"classifier of images into {len(manifest.classes)} classes: {', '.join(manifest.classes)}{averaged}",
        "Weights": f"{weights:,}",
        "Made": manifest.created,
        "Seed": str(manifest.seed),
        "Versions": ", ".join(f"{name} {number}" for name, number in manifest.versions.items()),
        "Calibration": f"temperature {manifest.temperature:.4f}, fitted on validation images",
    }
    members = [_member(position, member) for position, member in enumerate(manifest.members)]
    return "\n\n".join(["## Details", _list(facts), *members])


def _member(position: int, member: BundleMember) -> str:
    text = json.dumps(dict(member.hyperparameters), indent=2, ensure_ascii=False, default=str)
    views = "" if member.views is None else f", averaged over {member.views} views of an image"
    epochs = f"best of {member.epochs} epochs: {member.best_epoch}"
    heading = f"Network {position + 1}: trial {_plain(member.name)}, {epochs}{views}"
    return f"{heading}\n\n```json\n{text}\n```"


def _intended_use(manifest: Manifest) -> str:
    shape, side = manifest.preprocessing, manifest.preprocessing.image_size
    height, width = shape.source_size
    return (
        "## Intended use\n\n"
        "Sorting images of single galaxies, each in the middle of its image, of the same survey, filters and colour "
        f"scaling as the training images. These had {height}×{width} pixels (median), of which the central "
        f"{100 * shape.crop:g} % were taken and resized to {side}×{side}; an image must show as much sky. "
        "Counts of classes made from the answers carry the errors below."
    )


def _data(manifest: Manifest) -> str:
    facts = {"Dataset": manifest.dataset, "Fingerprint": manifest.dataset_fingerprint}
    facts |= {
        f"{split} images": ", ".join(f"{name} {score['support']:,}" for name, score in scores["per_class"].items())
        for split, scores in manifest.metrics.items()
        if "per_class" in scores
    }
    return "## Data\n\n" + _list(facts)


def _scores(manifest: Manifest, split: str) -> str:
    points = {Decide.ACCURACY: manifest.metrics.get(split, {}), Decide.BALANCED: manifest.balanced.get(split, {})}
    parts = [f"## Scores on the {split} split", "In brackets Wilson's 95 % interval."]
    for decide, scores in points.items():
        if "confusion_matrix" in scores:
            parts.append(_operating_point(decide, scores))
    return "\n\n".join(parts)


def _operating_point(decide: Decide, scores: Mapping[str, Any]) -> str:
    matrix, classes = scores["confusion_matrix"], scores["classes"]
    right = sum(matrix[number][number] for number in range(len(classes)))
    facts = {
        "Accuracy": _share(right, scores["count"]),
        "Macro recall": f"{scores['macro']['recall']:.4f}",
        "Macro F1": f"{scores['macro']['f1']:.4f}",
        "Expected calibration error": f"{scores['ece']:.4f}",
    }
    rows = []
    for number, name in enumerate(classes):
        hits, images, named = matrix[number][number], sum(matrix[number]), sum(row[number] for row in matrix)
        rows.append((name, _share(hits, images), _share(hits, named), f"{images:,}"))
    return (
        f"### `--decide {decide.value}`\n\n{_list(facts)}\n\n{_table(('class', 'recall', 'precision', 'images'), rows)}"
    )


def _thresholds(manifest: Manifest) -> str:
    lines = {
        f"Factor of {name} for `--decide balanced`": f"{factor:.4g}" for name, factor in manifest.thresholds.items()
    }
    trust = manifest.trust
    if trust is not None:
        for decide, threshold in trust.sure_from.items():
            start = (
                "never, as nothing can be promised" if threshold is None else f"from a probability of {threshold:.3f}"
            )
            lines[f"Sure at `--decide {decide}`"] = f"{start} (at most {100 * trust.max_error:g} % wrong)"
        lines["Not like the training images"] = (
            f"never, as {trust.images:,} validation images are too few for a limit"
            if trust.false_alarms is None
            else f"further from them than {100 * (1 - trust.false_alarms):g} % of {trust.images:,} validation images"
        )
    return "## Thresholds\n\nAll are chosen on validation images.\n\n" + (_list(lines) if lines else "None.")


def _limits(manifest: Manifest) -> str:
    per_class = manifest.metrics.get("test", {}).get("per_class", {})
    rare = [name for name, score in per_class.items() if score["support"] < 100]
    lines = [
        "Every image gets one of the classes above, also one that shows none of them.",
        "Labels are taken as right: scores say how often the model agrees with them.",
        "Another survey, depth, seeing or colour scaling is not tested by these scores.",
    ]
    if rare:
        lines.append(f"Fewer than 100 test images: {', '.join(map(_plain, rare))}. Their scores are uncertain.")
    if manifest.trust is None:
        lines.append("It cannot say when it is not sure, nor when an image is not like those of the training.")
    return "## Limits\n\n" + "\n".join(f"- {line}" for line in lines)


def _again(manifest: Manifest) -> str:
    commands = "\n".join(manifest.commands) or "(not recorded)"
    return f"## To make it again\n\n```sh\n{commands}\n```"


def _share(successes: int, count: int) -> str:
    interval = wilson_interval(successes, count)
    if interval is None:
        return _ABSENT
    low, high = interval
    return f"{100 * successes / count:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def _list(facts: Mapping[str, str]) -> str:
    return "\n".join(f"- {_plain(name)}: {_plain(what)}" for name, what in facts.items())


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *([_plain(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _plain(text: str) -> str:
    """Keep a name from being read as Markdown or HTML, where it could be."""
    return re.sub(r"([\\*_<>|\[\]#])", r"\\\1", " ".join(text.split()))
