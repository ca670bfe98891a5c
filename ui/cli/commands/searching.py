"""Commands that run and list searches: ``search``, ``searches``."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import RenderableType
from rich.text import Text

from ui.cli.commands import search_options as given
from ui.cli.commands.leaderboard import next_after
from ui.cli.display import tables
from ui.cli.display.leaderboard import ranked
from ui.cli.display.live import search_display
from ui.cli.options import AsJson, DatasetPath, Debug, SearchName, Storage
from ui.cli.terminal import INTERRUPTED, session
from ui.ranking import states
from ui.wording import DEFAULT_STORAGE, command_line

if TYPE_CHECKING:
    from search import SearchView

app = typer.Typer()


@app.command(epilog="[bold]Example[/]  galaxy search galaxies --name first --trials 8 --epochs 4 --concurrency 2")
def search(
    dataset: DatasetPath,
    name: given.Name = None,
    oracle: given.Oracle = None,
    scheduler: given.Scheduler = None,
    trials: given.Trials = None,
    epochs: given.Epochs = None,
    objective: given.Objective = None,
    hypermodel: given.HyperModel = None,
    try_: given.Try = None,
    warm_start: given.WarmStart = None,
    seed: given.Seed = None,
    patience: given.Patience = None,
    concurrency: given.Concurrency = None,
    cpus_per_trial: given.CpusPerTrial = None,
    gpus_per_trial: given.GpusPerTrial = None,
    max_failures: given.MaxFailures = None,
    max_parameters: given.MaxParameters = None,
    storage: given.Place = None,
    address: given.Address = None,
    config: given.Config = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Search for the best network for a dataset.

    Tries configurations, several at a time, and keeps every result in the storage
    folder: look at them meanwhile with `galaxy leaderboard` or `galaxy ui`.
    """
    settings = {
        "name": name,
        "oracle": oracle,
        "scheduler": scheduler,
        "trials": trials,
        "epochs": epochs,
        "objective": objective,
        "hypermodel": hypermodel,
        "points": try_ or None,
        "warm_start": warm_start,
        "seed": seed,
        "patience": patience,
        "concurrency": concurrency,
        "cpus_per_trial": cpus_per_trial,
        "gpus_per_trial": gpus_per_trial,
        "max_failures": max_failures,
        "max_parameters": max_parameters,
        "storage": storage,
        "address": address,
    }
    with session(as_json=as_json, debug=debug) as terminal:
        from ui.cli.configuration import configure

        chosen = configure(settings, config)
        # Only now: a mistake in the settings is said before TensorFlow has been waited for.
        from cluster import run_search

        with search_display(terminal) as watch:
            view = run_search(dataset, chosen.settings, storage=chosen.storage, address=chosen.address, watch=watch)
        terminal.finish(
            view.as_json(), ranked(view, width=terminal.out.width), next_command=next_after(view, chosen.storage)
        )
        _leave_interrupted(view)


@app.command(epilog="[bold]Example[/]  galaxy resume first --trials 60")
def resume(
    name: SearchName,
    trials: Annotated[int | None, typer.Option(help="Extend the search to so many trials.", min=1)] = None,
    storage: Storage = DEFAULT_STORAGE,
    address: Annotated[str, typer.Option(help="Ray to run on: local, in-process, auto, HOST:PORT.")] = "local",
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Go on with a search, whatever ended it.

    What has ended stands, what had not goes on from its last checkpoint, and no trial
    is repeated.
    """
    with session(as_json=as_json, debug=debug) as terminal:
        from cluster import resume_search

        with search_display(terminal) as watch:
            view = resume_search(name, storage=storage, address=address, trials=trials, watch=watch)
        terminal.finish(view.as_json(), ranked(view, width=terminal.out.width), next_command=next_after(view, storage))
        _leave_interrupted(view)


@app.command(epilog="[bold]Example[/]  galaxy stop first")
def stop(name: SearchName, storage: Storage = DEFAULT_STORAGE, as_json: AsJson = False, debug: Debug = False) -> None:
    """Stop a running search cleanly, from any terminal: what runs may end, nothing more starts."""
    with session(as_json=as_json, debug=debug) as terminal:
        from cluster import stop_search

        view = stop_search(name, storage=storage)
        terminal.finish(
            {"search": view.name, "state": view.state.value},
            Text(f"Asked {name} to stop: its running trials end first."),
            next_command=command_line("resume", name, storage=storage),
        )


@app.command(epilog="[bold]Example[/]  galaxy searches --storage runs")
def searches(storage: Storage = DEFAULT_STORAGE, as_json: AsJson = False, debug: Debug = False) -> None:
    """List the searches in a storage folder."""
    with session(as_json=as_json, debug=debug) as terminal:
        from search import list_searches

        found = list_searches(storage)
        if found:
            after = command_line("leaderboard", found[-1].name, storage=storage)
        else:
            after = command_line("search", "DATASET", "--name", "first", storage=storage)
        shown = _listed(found) if found else Text(f"No search in {storage} yet.")
        terminal.finish({"searches": [view.as_summary() for view in found]}, shown, next_command=after)


def _leave_interrupted(view: "SearchView") -> None:
    """Leave with status 130 if the search was stopped before its end."""
    if view.state.value == "stopped":
        raise typer.Exit(INTERRUPTED)


def _listed(found: "tuple[SearchView, ...]") -> RenderableType:
    shown = tables.table("search", "state", "objective", "best trial", "trials", "dataset", words=range(6))
    for view in found:
        shown.add_row(
            view.name,
            tables.state(str(view.state)),
            view.objective.name,
            view.best or "–",
            states(view.counts),
            Text(view.specification.dataset, overflow="fold"),
        )
    return shown
