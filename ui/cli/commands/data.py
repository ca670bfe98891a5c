"""Commands about images: ``sample``, ``import``, ``info``."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from datasets import FEWEST, ImportOptions, Split, exactly
from ui import wording
from ui.cli.command import command
from ui.cli.display.doubts import few_to_measure_on
from ui.cli.display.plans import of_no_class, planned, understood
from ui.cli.display.progress import progress_bar
from ui.cli.display.tables import facts, table
from ui.cli.free_names import free_dataset, free_search
from ui.cli.options import DatasetPath, Seed, check_apart, check_unread, ends_in, flag, on_disk
from ui.cli.terminal import Terminal
from ui.wording import command_line

if TYPE_CHECKING:
    from datasets import DatasetInfo, ImportPlan

app = typer.Typer()


@command(app, "galaxy sample galaxies-jpeg --count 2000")
def sample(
    terminal: Terminal,
    out: Annotated[
        str, typer.Argument(callback=on_disk, metavar="OUT", help="Folder to make; it must not hold anything yet.")
    ],
    count: Annotated[int, typer.Option(min=FEWEST, help="How many galaxies to draw, over all classes.")] = 2000,
    seed: Seed = 1,
) -> None:
    """Draw a sample of galaxies to try everything on.

    Writes JPEG images of five kinds of galaxy, one folder a class, just as real data may come.
    """
    from datasets import render_sample

    with progress_bar(terminal, "Drawing galaxies", unit="images") as progress:
        made = render_sample(out, count=count, seed=seed, progress=progress)
    shown = facts({"images": f"{made.count:,}", "classes": ", ".join(made.classes), "folder": str(made.path)})
    result = {"path": str(made.path), "count": made.count, "classes": made.classes}
    terminal.finish(result, shown, next_command=command_line("import", out, free_dataset()))


@command(app, "galaxy import galaxies-jpeg galaxies --image-size 64", needs={"dataset": "dry_run"})
def import_(
    terminal: Terminal,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Folder, archive, table or file of labelled images.")],
    options: ImportOptions,
    dataset: Annotated[
        str | None, typer.Argument(metavar="DATASET", help="Dataset to write; it must not exist yet.")
    ] = None,
    dry_run: Annotated[bool, flag("--dry-run", "Say what would be taken for what, and import nothing.")] = False,
    preview: Annotated[
        str | None,
        typer.Option(
            callback=ends_in(".png"),
            metavar="PNG",
            help="Draw three images of each class first, as they will be stored.",
        ),
    ] = None,
) -> None:
    """Turn images into a dataset.

    Says what it takes SOURCE for, reads every image once, crops and resizes it, and
    splits the dataset into training, validation and test; splits that SOURCE has are
    kept. Images that cannot be used are listed in the dataset's quarantine.csv; the
    rest is imported.
    """
    from datasets import import_dataset, plan_import

    check_unread("--preview", preview, source, options.unlabelled, options.stretch_of, options.classes, options.legend)
    check_apart("--preview", preview, source, options.unlabelled)
    if dry_run:
        plan = plan_import(source, options, preview=preview)
        drawn = [Text(f"Preview: {Path(preview).absolute()}")] if preview is not None else []
        terminal.finish(plan.as_json(), planned(plan), *drawn, Text("Nothing was imported: --dry-run"))
        return
    assert dataset is not None

    def announce(plan: "ImportPlan") -> None:
        if not terminal.as_json:
            terminal.err.print(planned(plan))
            if preview is not None:
                terminal.note(f"Preview: {Path(preview).absolute()}")

    with progress_bar(terminal, "Importing images", unit="images") as progress:
        made = import_dataset(source, dataset, options, preview=preview, announce=announce, progress=progress)
    terminal.finish(made.as_json(), _described(made), next_command=_next(dataset, made))


@command(app, "galaxy info galaxies")
def info(
    terminal: Terminal,
    dataset: DatasetPath,
    gallery: Annotated[
        str | None,
        typer.Option(
            callback=ends_in(".png"), metavar="PNG", help="Draw images of each class, as stored and augmented."
        ),
    ] = None,
    verify: Annotated[bool, flag("--verify", "Read it all and compare its checksums and fingerprint.")] = False,
    seed: Seed = 1,
) -> None:
    """Say what is in a dataset: classes, images per split, image size, fingerprint, quarantine.

    And how its source was understood at import: where labels and splits are from, what was left out and why.
    """
    from datasets import Dataset, draw_gallery, framing_of, verify_dataset

    check_unread("--gallery", gallery, dataset)
    if verify:
        verify_dataset(dataset)
    opened = Dataset.open(dataset)
    framing = framing_of(opened)
    described = replace(opened.info, framing=framing)
    result, parts = described.as_json(), [_described(described)]
    if opened.info.provenance is not None:
        parts.append(understood(opened.info.provenance))
    if verify:
        unchecked = result["unchecked"] = opened.info.unchecked
        result["verified"] = True
        left = f"; {' and '.join(unchecked)} cannot be told, as no checksum was noted" if unchecked else ""
        parts.append(Text(f"Verified: every {'image' if left else 'file and every image'} is as it was imported{left}"))
    if gallery is not None:
        result["gallery"] = str(draw_gallery(opened, gallery, seed=seed))
        parts.append(Text(f"Gallery: {result['gallery']}"))
    terminal.finish(result, Group(*parts), next_command=_next(dataset, opened.info))


def _described(info: "DatasetInfo") -> RenderableType:
    height, width = info.image_size
    about = {
        "dataset": info.path,
        "source": f"{info.source} ({info.source_format})" if info.source_format else info.source,
        "images": f"{info.total:,} of {height}×{width} pixels",
        "fingerprint": info.fingerprint,
    }
    if info.framing is not None:
        about["objects"] = info.framing.said
    if info.unlabelled is not None:
        about["no class"] = of_no_class(info.unlabelled)
    if info.columns:
        about["columns"] = f"{len(info.columns)} kept from the source's table"
    if info.preprocessing.stretch is not None:
        about["stretch"] = str(info.preprocessing.stretch)
    if info.preprocessing.value_range is not None:
        about["values"] = "{} is black and {} is white".format(*map(exactly, info.preprocessing.value_range))
    notes = []
    if info.quarantined:
        unusable = f"{wording.plural(info.quarantined, 'image')} could not be used: see quarantine.csv"
        notes.append(Text(unusable, style="yellow"))
    if info.left_out:
        notes.append(Text(f"{wording.plural(info.left_out, 'image')} of the source were left out"))
    if info.framing is not None and info.framing.advice is not None:
        notes.append(Text(info.framing.advice, style="yellow"))
    notes += [Text(line, style="yellow") for line in few_to_measure_on(info)]
    converted = [f"{wording.plural(n, 'image')}: {note}" for note, n in info.converted.items()]
    notes += map(Text, wording.beginning(converted))
    return Group(facts(about), _counts(info), *notes)


def _counts(info: "DatasetInfo") -> RenderableType:
    of = {name: [split.get(name, 0) for split in info.counts.values()] for name in info.classes}
    totals = [sum(split.values()) for split in info.counts.values()]
    rows = [(name, *(f"{n:,}" for n in (*per_split, sum(per_split)))) for name, per_split in of.items()]
    rows.append(("all", *(f"{n:,}" for n in (*totals, info.total))))
    styles = [*[""] * len(of), "bold"]
    return table(("class", *info.counts, "all"), rows, styles=styles, elsewhere="--json has them")


def _next(dataset: str, info: "DatasetInfo") -> str:
    """Return the command for what a dataset is good for: a search needs images to train and to compare trials on."""
    held = [split for split, counts in info.counts.items() if any(counts.values())]
    if {Split.TRAIN, Split.VALIDATION} <= {*held}:
        return command_line("search", dataset, "--name", free_search())
    return command_line("evaluate", "MODEL", dataset, *([] if Split.TEST in held else ["--split", "all"]))
