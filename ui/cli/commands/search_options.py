"""The options of ``galaxy search``: one for each field of `search.SearchSettings`, and where it runs.

None of them has a default of its own: what the command line does not give, the TOML file may, and else the settings do.
The help says what they do then.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from ui.wording import DEFAULT_STORAGE

_TRIED, _RESOURCES, _PLACE = "What is tried", "What a trial gets", "Where it runs"


def _option(text: str, default: object, *, panel: str, metavar: str | None = None) -> Any:
    return typer.Option(help=f"{text} [dim]\\[default: {default}][/dim]", rich_help_panel=panel, metavar=metavar)


Name = Annotated[
    str | None,
    typer.Option(help="Name to give the search; later commands ask for it. [red]\\[required][/red]", metavar="NAME"),
]
Config = Annotated[
    Path | None,
    typer.Option(help="TOML file of these options (trials = 8); the command line wins over it.", metavar="FILE.toml"),
]
Oracle = Annotated[
    str | None,
    _option(
        "What proposes configurations: tpe, bayesian, random, grid, hyperband, or your own as module:factory.",
        "tpe",
        panel=_TRIED,
    ),
]
Scheduler = Annotated[
    str | None,
    _option("What stops weak trials early: asha, median or none; always none with hyperband.", "asha", panel=_TRIED),
]
Trials = Annotated[
    int | None, _option("How many configurations to try; hyperband has a count of its own.", 20, panel=_TRIED)
]
Epochs = Annotated[int | None, _option("Longest training of one trial, in epochs.", 20, panel=_TRIED)]
Objective = Annotated[
    str | None, _option("Metric to optimise; NAME:max or NAME:min for your own.", "val_macro_f1", panel=_TRIED)
]
HyperModel = Annotated[
    str | None,
    _option("Your own Keras Tuner HyperModel.", "the built-in CNN", panel=_TRIED, metavar="MODULE:OBJECT"),
]
Try = Annotated[
    list[Path] | None,
    typer.Option(
        "--try",
        help="JSON file of a configuration, or a list of them, to try first; what one leaves out has its default. "
        "May be given again.",
        rich_help_panel=_TRIED,
        metavar="POINT.json",
    ),
]
WarmStart = Annotated[
    str | None,
    typer.Option(
        help="Another search whose results the oracle learns from: its name, or the path or URI of its directory.",
        rich_help_panel=_TRIED,
        metavar="OTHER",
    ),
]
Seed = Annotated[int | None, _option("Everything random derives from it.", 1, panel=_TRIED)]
Patience = Annotated[
    int | None, _option("Epochs without a better objective that end a trial.", "no limit", panel=_TRIED)
]
Concurrency = Annotated[int | None, _option("Trials at a time.", "as many as the CPUs carry", panel=_RESOURCES)]
CpusPerTrial = Annotated[int | None, _option("CPUs, and threads, for each trial.", 1, panel=_RESOURCES)]
GpusPerTrial = Annotated[float | None, _option("GPUs for each trial; a fraction shares one.", 0, panel=_RESOURCES)]
MaxFailures = Annotated[
    int | None, _option("How often a trial starts again whose worker was lost.", 2, panel=_RESOURCES)
]
MaxParameters = Annotated[int | None, _option("Refuse models with more parameters.", "no limit", panel=_RESOURCES)]
Place = Annotated[str | None, _option("Folder or URI for the results.", DEFAULT_STORAGE, panel=_PLACE, metavar="URI")]
Address = Annotated[str | None, _option("Ray to run on: local, in-process, auto, HOST:PORT.", "local", panel=_PLACE)]
