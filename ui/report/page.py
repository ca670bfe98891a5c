"""The report of an evaluation: scores with their intervals, confusion, reliability, the surest mistakes as pictures."""

from html import escape

import numpy as np
import numpy.typing as npt

from datasets import Dataset
from trainer import Decide, Evaluation, Scores, wilson_interval
from ui import wording
from ui.report.drawing import confusion, picture, reliability, table

NAME = "report.html"
_MISTAKES = 24
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1f2430;max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2.2rem}table{border-collapse:collapse;margin:.6rem 0}
th,td{padding:.3rem .7rem;border-bottom:1px solid #e3e6ee;text-align:right;font-weight:400;vertical-align:top}
thead th{color:#5a6274;max-width:9rem}tbody th,thead th:first-child{text-align:left}
th,td,figcaption{overflow-wrap:anywhere}td{font-variant-numeric:tabular-nums}.facts td{text-align:left}
.facts th{color:#5a6274}.matrix td{text-align:center;border:1px solid #fff;min-width:3.5rem}
svg{max-width:26rem;width:100%}svg text{font-size:12px;fill:#5a6274}.frame{fill:#f7f8fb;stroke:#d5d9e4}
.ideal{stroke:#adb5c9;stroke-dasharray:5 4}polyline{fill:none;stroke:#3b5bdb}circle{fill:#3b5bdb;fill-opacity:.65}
.mistakes{display:grid;grid-template-columns:repeat(auto-fill,minmax(9rem,1fr));gap:1rem}
figure{margin:0}img{width:100%;image-rendering:pixelated;background:#000}figcaption{font-size:12px;color:#5a6274}
figcaption b{color:#1f2430}p{max-width:46rem}
"""


def report(evaluation: Evaluation, dataset: Dataset, *, split: str, decide: Decide) -> str:
    """Write an evaluation as one HTML page; classes, confusion and mistakes are those of one operating point.

    Every name in it is escaped; pictures are in the page, and nothing is fetched.
    """
    scores = evaluation.scores(decide)
    title = f"{evaluation.classifier.bundle.uri} on {split}"
    parts = [
        f"<h1>{escape(title)}</h1>",
        _facts(evaluation, dataset, split),
        "<h2>Operating points</h2>",
        _operating_points(evaluation),
        f"<h2>Classes (--decide {decide.value})</h2>",
        _classes(scores),
        "<p>In brackets Wilson's 95 % interval.</p>",
        f"<h2>Confusion matrix (--decide {decide.value})</h2>",
        confusion(scores.classes, scores.confusion_matrix),
        "<h2>Calibration</h2>",
        f"<p>Expected calibration error {wording.score(scores.ece)}: the mean distance from the diagonal. Each circle "
        "is a bin of the highest probability, its area the share of images.</p>",
        reliability(scores.reliability),
        _sureness(evaluation),
        f"<h2>Surest mistakes (--decide {decide.value})</h2>",
        _mistakes(evaluation, dataset, decide),
    ]
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'>"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _facts(evaluation: Evaluation, dataset: Dataset, split: str) -> str:
    manifest = evaluation.classifier.bundle.manifest
    same = dataset.fingerprint == manifest.dataset_fingerprint
    rows = {
        "Model": f"{evaluation.classifier.bundle.uri}, made {manifest.created}",
        "From trials": ", ".join(member.name for member in manifest.members),
        "Dataset": f"{dataset.info.path}, {'the one' if same else 'another than'} the model was trained on",
        "Fingerprint": dataset.fingerprint,
        "Split": f"{split}, {wording.plural(len(evaluation.rows), 'image')}",
    }
    return table(("", ""), rows.items(), kind="facts")


def _operating_points(evaluation: Evaluation) -> str:
    rows = []
    for decide in Decide:
        scores = evaluation.scores(decide)
        right = round(scores.accuracy * scores.count)
        macro = (wording.score(scores.macro[name]) for name in ("precision", "recall", "f1"))
        rows.append((f"--decide {decide.value}", _share(right, scores.count), *macro))
    return table(("", "accuracy", "macro precision", "macro recall", "macro F1"), rows)


def _classes(scores: Scores) -> str:
    rows = []
    for number, name in enumerate(scores.classes):
        counts = scores.confusion_matrix[number]
        named = sum(row[number] for row in scores.confusion_matrix)
        right = counts[number]
        shares = (_share(right, sum(counts)), _share(right, named), wording.score(scores.per_class[name].f1))
        rows.append((name, *shares, f"{sum(counts):,}", f"{named:,}"))
    return table(("class", "recall", "precision", "F1", "images", "named so"), rows)


def _share(successes: int, count: int) -> str:
    """Write a share with its interval; an en dash where nothing was counted."""
    interval = wilson_interval(successes, count)
    if interval is None:
        return wording.ABSENT
    low, high = (f"{100 * end:.1f}" for end in interval)
    return f"{wording.percent(successes / count)} ({low} to {high})"


def _sureness(evaluation: Evaluation) -> str:
    trust = evaluation.classifier.bundle.trust
    thresholds = {} if trust is None else {decide: trust.threshold(decide, None) for decide in Decide}
    rows = []
    for decide, threshold in thresholds.items():
        if threshold is not None:
            decided = evaluation.decided(decide)
            sure = _confidence(evaluation, decided) >= threshold
            wrong, count = int((decided != evaluation.true)[sure].sum()), int(sure.sum())
            shares = (_share(count, len(sure)), _share(wrong, count))
            rows.append((f"--decide {decide.value}", f"{threshold:.3f}", *shares))
    if not rows:
        return "<p>The model promises no error rate, so it never says that it is not sure.</p>"
    said = "<p>Answers from a probability on, chosen on validation images so that few are wrong:</p>"
    return said + table(("", "sure from", "sure of", "wrong among them"), rows)


def _confidence(evaluation: Evaluation, decided: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """Return the probability of the class decided for, float32 (n,)."""
    return evaluation.probabilities[np.arange(len(decided)), decided]


def _mistakes(evaluation: Evaluation, dataset: Dataset, decide: Decide) -> str:
    decided = evaluation.decided(decide)
    confidence = _confidence(evaluation, decided)
    wrong = np.flatnonzero(decided != evaluation.true)
    if len(wrong) == 0:
        return "<p>There is none.</p>"
    surest = wrong[np.argsort(-confidence[wrong], kind="stable")][:_MISTAKES]
    classes = evaluation.classifier.classes
    rows = evaluation.rows[surest]
    shown = [
        picture(
            pixels,
            f"{classes[decided[at]]}, {wording.percent(float(confidence[at]))}",
            f"labelled {classes[evaluation.true[at]]}",
            dataset.ids[row],
        )
        for at, row, pixels in zip(surest, rows, dataset.take(rows), strict=True)
    ]
    return f"<p>{len(shown)} of {len(wrong):,}.</p><div class='mistakes'>{''.join(shown)}</div>"
