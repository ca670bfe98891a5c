"""How the terminal shows what came of a model: its training, evaluation, export, and what it says of images."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from datasets import few
from ui import wording
from ui.cli.display.doubts import said_of_few, said_of_lost
from ui.cli.display.tables import facts, table
from ui.predictions.prediction import Prediction
from ui.predictions.tally import Tally

if TYPE_CHECKING:
    from trainer import FinalResult, Manifest, Scores

_BAR = 16
# Columns of what was classified, and as much of an image's name as is worth leaving others out for.
_BARS, _PROBABILITY, _NEXT = 2, 3, 4
_NAME = 25
_GAP = 3
# Images of many sizes have a warning each; the commonest tell what to do.
_WARNINGS = 20
# Wide enough for a word of a class name: the heading of a column of counts is broken between words.
_NARROW = 13
# A confusion matrix of more classes is no longer read: the most confused pairs tell what to look at.
_CLASSES, _PAIRS = 8, 12


def trained(result: "FinalResult") -> RenderableType:
    """Draw what the full training gave: where the model is, its members, its scores, and what these hide."""
    heads = {"val_": "validation", "test_": "test"}
    metrics = dict.fromkeys(name.split("_", 1)[1] for name in result.metrics)
    shown = table("score", *heads.values())
    for metric in metrics:
        shown.add_row(wording.heading(metric), *(wording.score(result.metrics.get(head + metric)) for head in heads))
    about = {"model": result.model, "from trials": ", ".join(result.members)}
    if result.modules:
        about["needs"] = " ".join(wording.module_options(result.modules))
    said = [*said_of_lost(result.scores, fair=result.fair), *said_of_few(result.scores)]
    return Group(facts(about), shown, *(Text(line, style="yellow") for line in said))


def evaluated(scores: "Scores", *, decide: str, width: int) -> RenderableType:
    """Draw a model's scores: the figures over all classes, one line a class, the confusion matrix.

    ``decide`` is the operating point that they are of. Of a matrix of many classes, or that ``width`` is short of, the
    most confused pairs are drawn.
    """
    overall = {
        "images": f"{scores.count:,}",
        "decided for": decide,
        "accuracy": wording.percent(scores.accuracy),
        "balanced accuracy": wording.percent(scores.balanced_accuracy),
        "macro precision, recall, F1": ", ".join(wording.score(scores.macro[m]) for m in ("precision", "recall", "f1")),
        "calibration error": wording.score(scores.ece),
    }
    if scores.macro_f1_interval is not None:
        overall["macro F1, 95 %"] = " to ".join(map(wording.score, scores.macro_f1_interval))
    names = max(map(cell_len, scores.classes))
    counts = sum(min(max(map(cell_len, name.split() or [""])), _NARROW) + _GAP for name in scores.classes)
    fits = len(scores.classes) <= _CLASSES and names + counts <= width
    return Group(facts(overall), _per_class(scores), _matrix(scores) if fits else _most_confused(scores))


def _per_class(scores: "Scores") -> Table:
    shown = table("class", "precision", "recall", "F1", "images")
    for name in scores.classes:
        score = scores.per_class[name]
        numbers = (wording.score(number) for number in (score.precision, score.recall, score.f1))
        shown.add_row(Text(name), *numbers, f"{score.support:,}")
    return shown


def _most_confused(scores: "Scores") -> RenderableType:
    confusions = scores.confusions()
    if not confusions:
        return Text("No two classes were confused")
    shown = table("true class", "taken for", "images", "of the class", words=(0, 1), title="Most confused")
    for pair in confusions[:_PAIRS]:
        shown.add_row(Text(pair.true), Text(pair.predicted), f"{pair.count:,}", wording.percent(pair.share))
    rest = len(confusions) - _PAIRS
    more = f"… and {wording.plural(rest, 'more pair')}: " if rest > 0 else ""
    return Group(shown, Text(f"{more}--confusion FILE.csv or FILE.png writes the whole matrix", style="yellow"))


def _matrix(scores: "Scores") -> Table:
    shown = table("true class", *scores.classes, title="Confusion matrix: rows are true, columns predicted")
    for column in shown.columns[1:]:
        column.max_width = _NARROW
    for true, name in enumerate(scores.classes):
        counts = scores.confusion_matrix[true]
        shown.add_row(Text(name), *(_cell(n, right=true == column) for column, n in enumerate(counts)))
    return shown


def _cell(count: int, *, right: bool) -> Text:
    style = "bold green" if right else "dim" if count == 0 else "yellow"
    return Text(f"{count:,}", style=style)


def classified(tally: Tally, *, width: int) -> RenderableType:
    """Draw one line an image, then why some could not be used, then each warning with the number of its images.

    Where ``width`` is short of what an image's name takes there is no bar, then no next class either.
    """
    headings = ("image", "class", "", "probability", "next")
    rows = [(Text(each.path, overflow="fold"), *_answer(each)) for each in tally.shown]
    needed = [max(map(cell_len, map(str, column))) for column in zip(headings, *rows, strict=True)]
    kept = [*range(len(headings))]
    for left_out in (_BARS, _NEXT):
        if min(needed[0], _NAME) + sum(needed[column] for column in kept[1:]) + _GAP * len(kept) > width:
            kept.remove(left_out)
    shown = table(*(headings[column] for column in kept), words=[kept.index(c) for c in kept if c != _PROBABILITY])
    for column in shown.columns[1:]:
        column.no_wrap = True
    for row in rows:
        shown.add_row(*(row[column] for column in kept))
    notes = [Text(f"{each.path}: {each.error}", style="red") for each in tally.shown if each.error is not None]
    if tally.total > len(tally.shown):
        more = wording.plural(tally.total - len(tally.shown), "more image")
        notes.append(Text(f"… and {more}: --output FILE.csv writes all", style="yellow"))
    return Group(shown, *notes, *_warnings(tally))


def written(tally: Tally, path: str) -> RenderableType:
    """Draw where the results are, how many images each class has and how many could not be used."""
    lines = {"file": path, "images": f"{tally.total:,}"}
    lines |= {name: f"{count:,}" for name, count in tally.classes.most_common()}
    return Group(facts(lines | {"cannot be used": f"{tally.failed:,}"}), *_warnings(tally))


def _warnings(tally: Tally) -> list[Text]:
    lines = [f"{wording.plural(n, 'image')}: {warning}" for warning, n in tally.warnings.most_common()]
    lines += [f"{wording.plural(tally.seen, 'image')}: {wording.SEEN}"] if tally.seen else []
    notes = [Text(line, style="yellow") for line in wording.beginning(lines, most=_WARNINGS)]
    if tally.overruled:
        another = "another class is more probable than the one decided for; --decide accuracy names that"
        notes.append(Text(f"{wording.plural(tally.overruled, 'image')}: {another}", style="dim"))
    return notes


def exported(path: Path, manifest: "Manifest") -> RenderableType:
    """Draw where an exported model is, what it takes and what it gives."""
    side, trust = manifest.preprocessing.image_size, manifest.trust
    novelty = "" if trust is None or trust.false_alarms is None else "; novelty: float32 (batch,)"
    return facts(
        {
            "model": str(path),
            "takes": f"images: uint8 (batch, {side}, {side}, 3), RGB",
            "gives": f"probabilities: float32 (batch, {len(manifest.classes)}){novelty}",
            "classes": few(manifest.classes, most=20),
            "class": f"the largest of probabilities × the factors of {manifest.decide} in its description",
        }
    )


def _answer(prediction: Prediction) -> list[Text]:
    name, chance = prediction.class_name, prediction.probability
    if name is None or chance is None:
        return [Text("cannot be used", style="red"), Text(), Text(), Text()]
    second = "".join(f"{other} {wording.percent(share)}" for other, share in prediction.others[:1])
    return [
        Text(name, style="bold"),
        Text(wording.bar(chance, _BAR), style="green" if chance >= 0.5 else "yellow"),
        Text(wording.percent(chance)),
        Text(second, style="dim"),
    ]
