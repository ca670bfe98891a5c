"""How the terminal shows what came of a model: its training, evaluation, export, and what it says of images."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from datasets import few
from ui import wording
from ui.cli.display.doubts import said_of_few, said_of_lost
from ui.cli.display.tables import Fitting, facts, table
from ui.predictions.prediction import Prediction
from ui.predictions.tally import Tally

if TYPE_CHECKING:
    from trainer import FinalResult, Manifest, Scores
    from ui.cli.terminal import Terminal

_BAR = 16
# Images of many sizes have a warning each; the commonest tell what to do.
_WARNINGS = 20
# A confusion matrix of more classes is no longer read: the most confused pairs tell what to look at.
_CLASSES, _PAIRS = 8, 12


def trained(result: "FinalResult") -> RenderableType:
    """Draw what the full training gave: where the model is, its members, its scores, and what these hide."""
    heads = {"val_": "validation", "test_": "test"}
    metrics = dict.fromkeys(name.split("_", 1)[1] for name in result.metrics)
    rows = [
        (wording.heading(one), *(wording.score(result.metrics.get(head + one)) for head in heads)) for one in metrics
    ]
    shown = table(("score", *heads.values()), rows)
    about = {"model": result.model, "from trials": ", ".join(result.members)}
    if result.modules:
        about["needs"] = " ".join(wording.module_options(result.modules))
    from trainer import INTERIM

    interim = [f"{INTERIM}."] if result.interim else []
    said = [*interim, *said_of_lost(result.scores, fair=result.fair), *said_of_few(result.scores)]
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
    matrix = _matrix(scores) if len(scores.classes) <= _CLASSES else None
    shown = matrix if matrix is not None and matrix.is_whole(width) else _most_confused(scores)
    return Group(facts(overall), _per_class(scores), shown)


def _per_class(scores: "Scores") -> RenderableType:
    rows = []
    for name in scores.classes:
        score = scores.per_class[name]
        numbers = (wording.score(number) for number in (score.precision, score.recall, score.f1))
        rows.append((name, *numbers, f"{score.support:,}"))
    return table(("class", "precision", "recall", "F1", "images"), rows, last={4: 1}, elsewhere="--json has them")


def _most_confused(scores: "Scores") -> RenderableType:
    confusions = scores.confusions()
    if not confusions:
        return Text("No two classes were confused")
    pairs = confusions[:_PAIRS]
    rows = [(pair.true, pair.predicted, f"{pair.count:,}", wording.percent(pair.share)) for pair in pairs]
    headings = ("true class", "taken for", "images", "of the class")
    shown = table(headings, rows, words=(0, 1), last={3: 1}, title="Most confused", elsewhere="--json has them")
    rest = len(confusions) - _PAIRS
    more = f"… and {wording.plural(rest, 'more pair')}: " if rest > 0 else ""
    return Group(shown, Text(f"{more}--confusion FILE.csv or FILE.png writes the whole matrix", style="yellow"))


def _matrix(scores: "Scores") -> Fitting:
    rows = [
        (Text(name), *(_cell(n, right=true == column) for column, n in enumerate(scores.confusion_matrix[true])))
        for true, name in enumerate(scores.classes)
    ]
    title = "Confusion matrix: rows are true, columns predicted"
    return table(("true class", *scores.classes), rows, title=title)


def _cell(count: int, *, right: bool) -> Text:
    style = "bold green" if right else "dim" if count == 0 else "yellow"
    return Text(f"{count:,}", style=style)


def classified(tally: Tally) -> RenderableType:
    """Draw one line an image, then why some could not be used, then each warning with the number of its images."""
    rows = [(Text(each.path), *_answer(each)) for each in tally.shown]
    headings = ("image", "class", "", "probability", "next")
    shown = table(headings, rows, words=(0, 1, 2, 4), whole=(2, 4), last={2: 2, 4: 1}, elsewhere="--json has them")
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


def say_interim(terminal: "Terminal", manifest: "Manifest") -> None:
    """Say on stderr that a model is one that its search was to replace; nothing of others."""
    from trainer import INTERIM

    if manifest.interim:
        terminal.note(INTERIM)


def exported(path: Path, manifest: "Manifest") -> RenderableType:
    """Draw where an exported model is, what it takes and what it gives."""
    side, trust = manifest.preprocessing.image_size, manifest.trust
    novelty = "" if trust is None or trust.false_alarms is None else "; novelty: float32 (batch,)"
    none = "" if manifest.none is None else "; none: float32 (batch,)"
    return facts(
        {
            "model": str(path),
            "takes": f"images: uint8 (batch, {side}, {side}, 3), RGB",
            "gives": f"probabilities: float32 (batch, {len(manifest.classes)}){novelty}{none}",
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
