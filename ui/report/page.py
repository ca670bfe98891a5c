"""The report of an evaluation: scores with their intervals, confusion, reliability, the surest mistakes as pictures.

The templates beside this module say how it looks; this module computes what they cannot.
"""

import base64
import io

import numpy as np
import numpy.typing as npt
from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image

from datasets import Dataset
from trainer import Decide, Evaluation, Holding, choice_lines, share_with_interval
from ui import wording
from ui.report.answers import Answers, shown_mistakes
from ui.report.holding import figures, mix_lines, unknown_lines

NAME = "report.html"
_MISTAKES = 24
TEMPLATES = Environment(
    loader=PackageLoader("ui.report", ""),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    keep_trailing_newline=True,
)
TEMPLATES.globals.update(
    share=share_with_interval,
    choice_lines=choice_lines,
    wording=wording,
    figures=figures,
    mix_lines=mix_lines,
    unknown_lines=unknown_lines,
)


def report(
    evaluation: Evaluation, dataset: Dataset, *, split: str, decide: Decide, where: Holding | None = None
) -> str:
    """Write an evaluation as one HTML page; classes, confusion and mistakes are those of one operating point.

    ``where`` is where the answers hold, at this point; None: nobody asked.

    Every name in it is escaped; pictures are in the page, and nothing is fetched.
    """
    answers = Answers.of(evaluation)
    points = answers.scores
    return TEMPLATES.get_template("report.html.jinja").render(
        evaluation=evaluation,
        bundle=evaluation.classifier.bundle,
        dataset=dataset,
        split=split,
        decide=decide,
        where=where,
        points=points,
        scores=points[decide],
        bins=[one for one in points[decide].reliability if one.count],
        sureness=_sureness(evaluation, answers),
        wrong=len(answers.mistakes(decide)),
        mistakes=_mistakes(answers, dataset, decide),
    )


def _sureness(evaluation: Evaluation, answers: Answers) -> list[tuple[Decide, float, int, int]]:
    """Return, where a sure answer is promised, the operating point, its threshold, and how many are sure and wrong."""
    trust = evaluation.classifier.bundle.trust
    thresholds = {} if trust is None else {decide: trust.threshold(decide, None) for decide in trust.answers}
    # An image that looks like galaxies of no class is never sure.
    of_class = (
        np.ones(len(answers.true), bool)
        if trust is None or trust.none is None
        else trust.none.of(evaluation.probabilities) <= 1
    )
    rows = []
    for decide, threshold in thresholds.items():
        if threshold is not None:
            sure = (answers.confidence[decide] >= threshold) & of_class
            wrong = answers.decided[decide] != answers.true
            rows.append((decide, threshold, int(sure.sum()), int(wrong[sure].sum())))
    return rows


def _mistakes(answers: Answers, dataset: Dataset, decide: Decide) -> list[dict[str, str]]:
    """Return the surest of the wrong answers, the surest first."""
    return [
        {
            "png": _png(each.pixels),
            "answer": f"{each.answer}, {wording.percent(each.confidence)}",
            "label": each.label,
            "id": each.id,
        }
        for each in shown_mistakes(answers, dataset, answers.mistakes(decide)[:_MISTAKES], decide)
    ]


def _png(pixels: npt.NDArray[np.uint8]) -> str:
    """Return an image, uint8 (side, side, 3), as a PNG file in Base64."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()
