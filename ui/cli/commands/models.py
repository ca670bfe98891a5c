"""Commands that make and measure trained models: ``train``, ``evaluate``."""

import contextlib
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import RenderableType
from rich.text import Text

from cluster import TrainSettings
from datasets import GalaxyTunerError
from ui.cli.command import command
from ui.cli.display.leaderboard import worth_of
from ui.cli.display.progress import progress_bar, stages
from ui.cli.entry import end_in_time, hurry, same_command, seconds_so_far
from ui.cli.options import (
    DatasetPath,
    Decision,
    ModelPath,
    Modules,
    MovedDataset,
    NoPreflight,
    SearchName,
    Storage,
    check_unread,
    ends_in,
    flag,
)
from ui.cli.terminal import INTERRUPTED, Terminal
from ui.wording import DEFAULT_STORAGE, command_line, module_options

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

app = typer.Typer()
_WHERE = "Where it holds"
_BINS = 5


@command(app, "galaxy train first --top 2 --seeds 2 --ensemble")
def train(
    terminal: Terminal,
    name: SearchName,
    settings: TrainSettings,
    storage: Storage = DEFAULT_STORAGE,
    address: Annotated[
        str, typer.Option(help="Where several are trained at once: local, in-process, auto or HOST:PORT of a Ray.")
    ] = "local",
    dataset: MovedDataset = None,
    no_preflight: NoPreflight = False,
) -> None:
    """Train the winners of a search fully, keep the best or average them, calibrate and test the result.

    Writes the model to NAME/model in the storage folder. Run it again after an interruption: it goes on.
    """
    from cluster import train_winners
    from ui.cli.display.results import trained

    places: dict[str, Any] = {"storage": storage, "address": address, "dataset": dataset, "preflight": not no_preflight}
    if settings.time_limit is not None:
        _train_within(terminal, name, settings, places)
        return
    with stages(terminal) as begin:
        result = train_winners(name, settings, progress=begin("Training", "batches"), begin=begin, **places)
    next_command = command_line("evaluate", result.model, "DATASET", *module_options(result.modules))
    terminal.finish(result.as_json(), trained(result), next_command=next_command)


def _train_within(terminal: Terminal, name: str, settings: TrainSettings, places: dict[str, Any]) -> None:
    """Train a search's finalists within a time; leave with status 130 if somebody has asked to stop."""
    settings.check()  # before TensorFlow is waited for
    from search import TRAINING_TIME, Ledger, SearchLayout, TimeBudget, read_search

    layout, limit = SearchLayout.of(places["storage"], name), settings.time_limit
    assert limit is not None
    with contextlib.suppress(GalaxyTunerError):  # what is wrong with it the training says
        left = TimeBudget.open(layout, limit, seconds_so_far(), name=TRAINING_TIME).left()
        end_in_time(left, same_command())
    from cluster import train_within
    from ui.cli.display.finals import finals_display
    from ui.cli.display.results import trained

    hurry()
    with finals_display(terminal) as watch:
        result = train_within(name, settings, watch=watch, already=seconds_so_far(), **places)
    view = read_search(places["storage"], name, history=False)
    board = view.as_json()
    next_command = command_line("evaluate", result.model, "DATASET", *module_options(result.modules))
    terminal.finish(
        result.as_json() | {key: board[key] for key in ("best", "worth", "finalists")},
        trained(result),
        *worth_of(view),
        next_command=next_command,
    )
    if Ledger(layout).stop_requested():
        raise typer.Exit(INTERRUPTED)


@command(app, "galaxy evaluate runs/first/model galaxies --split test")
def evaluate(
    terminal: Terminal,
    model: ModelPath,
    dataset: DatasetPath,
    split: Annotated[
        Literal["train", "validation", "test", "all"], typer.Option(help="Rows of the dataset to use.")
    ] = "test",
    decide: Decision = None,
    report: Annotated[
        str | None, typer.Option(metavar="DIR", help="Write report.html there: scores, diagrams, the surest mistakes.")
    ] = None,
    confusion: Annotated[
        str | None,
        typer.Option(
            callback=ends_in(".csv", ".png"), metavar="FILE", help="Write the whole confusion matrix: .csv or .png."
        ),
    ] = None,
    known_only: Annotated[
        bool, flag("--known-only", "Leave out images of classes that the model does not know, and count them.")
    ] = False,
    unseen_only: Annotated[
        bool, flag("--unseen-only", "Leave out images that the model was trained or chosen on, and count them.")
    ] = False,
    seen: Annotated[
        bool, flag("--seen", "Score it on images that it was trained or chosen on, too, however many they are.")
    ] = False,
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN[=EDGE,EDGE…]",
            help="Measure it by a column of the dataset's table or --table, too; may be repeated.",
            rich_help_panel=_WHERE,
        ),
    ] = None,
    bins: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=100,
            help="Bins of numbers without edges, of as many images each.",
            rich_help_panel=_WHERE,
            show_default=str(_BINS),
        ),
    ] = None,
    table: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Table of those columns, a file or URI: CSV, Parquet, FITS, VOTable and others.",
            rich_help_panel=_WHERE,
        ),
    ] = None,
    id_column: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Its column that names the images.", rich_help_panel=_WHERE)
    ] = None,
    prior: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Say purity for another mix of classes: JSON of shares by class, or a table of class and fraction.",
            rich_help_panel=_WHERE,
        ),
    ] = None,
    module: Modules = None,
) -> None:
    """Measure a model on a dataset: accuracy, precision, recall and F1, confusion matrix, calibration error.

    Classes are matched by name; the dataset may have any of the model's, in any order. Where the model was trained or
    chosen on more than a few of the images its scores would say little of new ones: that is refused unless --seen.
    --by says in which bins of a column they hold, by completeness (recall) and purity (precision) of each class.
    """
    from datasets import Dataset, Split, open_folder, row_values
    from trainer import (
        By,
        Classifier,
        Decide,
        OptionsError,
        answers_on,
        check_columns,
        check_prior,
        checked_prior,
        import_modules,
        lost_classes,
        read_prior,
        where_it_holds,
    )
    from ui.cli.display.doubts import said_of_lost
    from ui.cli.display.holding import held
    from ui.cli.display.of_none import told_of_none
    from ui.cli.display.results import evaluated, say_interim
    from ui.report.confusion import confusion_file
    from ui.report.page import NAME, report as written

    check_unread("--confusion", confusion, model, dataset, table, prior)
    rows = None if split == "all" else Split(split)
    opened = Dataset.open(dataset)
    mix = None if prior is None else read_prior(prior)
    columns = [By.parse(each) for each in by or ()]
    of_columns = {"--table": table, "--id-column": id_column, "--bins": bins}
    if not columns and (given := [name for name, value in of_columns.items() if value is not None]):
        raise OptionsError(f"{given[0]} is of columns to measure by: expected a column with --by, found none")
    names = [each.column for each in columns]
    values = row_values(opened, opened.rows(rows), names, table=table, id_column=id_column) if columns else None
    if values is not None:
        check_columns(columns, values)
    picture = None if confusion is None else Path(confusion).absolute()
    places = [] if report is None else [open_folder(report)]
    places += [] if picture is None else [open_folder(picture.parent)]
    import_modules(module or ())
    classifier = Classifier.load(model)
    say_interim(terminal, classifier.bundle.manifest)
    point = classifier.point(None if decide is None else Decide(decide))
    if mix is not None:
        check_prior(mix, classifier.classes)

    def ready(true: "npt.NDArray[np.int64]") -> None:
        """Refuse before images are answered, which takes long, what would be refused after that."""
        if mix is not None:
            checked_prior(mix, classifier.classes, true)
        for place in places:
            place.check_writable()

    with progress_bar(terminal, "Evaluating", unit="images") as progress:
        evaluation = answers_on(
            classifier,
            opened,
            rows,
            known_only=known_only,
            seen=seen,
            unseen_only=unseen_only,
            ready=ready,
            progress=progress,
        )
    scores = evaluation.scores(point)
    about: dict[str, object] = {
        "model": classifier.bundle.uri,
        "dataset": opened.info.path,
        "split": split,
        "decide": point.value,
        **evaluation.matching(),
    }
    shown: list[RenderableType] = [Text(note, style="yellow") for note in evaluation.notes()]
    shown.append(evaluated(scores, decide=point.value, width=terminal.out.width))
    document = scores.as_json()
    about["lost"] = [asdict(one) for one in lost_classes(scores.confusion_matrix, scores.classes)]
    fair = classifier.bundle.manifest.is_fair(point)
    shown += [Text(line, style="yellow") for line in said_of_lost({split: document}, fair=fair)]
    if (told := evaluation.told_of_none(point)) is not None:
        about["none"] = told.as_json()
        shown.append(told_of_none(told))
    else:
        about["none"] = None
    where = None
    if columns or mix is not None:
        where = where_it_holds(evaluation, columns, values, decide=point, prior=mix, bins=bins or _BINS)
        about |= where.as_json()
        shown.append(held(where))
    try:
        if report is not None:
            page = written(evaluation, opened, split=split, decide=point, where=where)
            folder = open_folder(report)
            folder.write_whole(NAME, page.encode("utf-8", "backslashreplace"))
            about["report"] = folder.child(NAME).uri
            shown.append(Text(f"Report: {about['report']}"))
        if picture is not None:
            open_folder(picture.parent).write_whole(picture.name, confusion_file(scores, picture.suffix.lower()))
            about["confusion"] = str(picture)
            shown.append(Text(f"Confusion matrix: {picture}"))
    except Exception:
        if not terminal.as_json:  # where a command fails that prints nothing
            terminal.finish({}, *shown)
        raise
    next_command = command_line("classify", model, "IMAGE.jpg", *module_options(module or ()))
    terminal.finish({**about, **document}, *shown, next_command=next_command)
