"""Commands that run, end and list searches: ``search``, ``resume``, ``stop``, ``searches``."""

import contextlib
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from datasets import GalaxyTunerError, Split, locate_dataset, write_duration
from search import SearchSettings
from ui.cli.command import Given, command
from ui.cli.commands.fitting import resume_fit
from ui.cli.commands.leaderboard import next_after
from ui.cli.configuration import configure
from ui.cli.display.doubts import lost_in_search, never_measured_on
from ui.cli.display.leaderboard import ranked
from ui.cli.display.live import search_display
from ui.cli.display.searches import listed
from ui.cli.display.submitted import sent
from ui.cli.entry import end_in_time, hurry, same_command, seconds_so_far
from ui.cli.free_names import free_search
from ui.cli.options import DatasetPath, MovedDataset, NoPreflight, Place, SearchName, Storage, Submit, duration, flag
from ui.cli.terminal import INTERRUPTED, Terminal
from ui.wording import DEFAULT_STORAGE, command_line

if TYPE_CHECKING:
    from search import FitRecord, SearchView

app = typer.Typer()
_OF_A_FIT = ("time_limit", "dataset", "preflight", "accept_space", "retry")


@command(app, "galaxy search galaxies --name first --trials 8 --epochs 4")
def search(
    terminal: Terminal,
    dataset: DatasetPath,
    settings: Given[SearchSettings],
    place: Given[Place],
    config: Annotated[
        Path | None,
        typer.Option(
            help='TOML file of these options (trials = 8, try = "points.json"); the command line wins over it.',
            metavar="FILE.toml",
        ),
    ] = None,
    or_resume: Annotated[
        bool, flag("--or-resume", "Go on with the search of this name where there is one: for jobs that are requeued.")
    ] = False,
    submit: Submit = False,
    no_preflight: NoPreflight = False,
) -> None:
    """Search for the best network for a dataset.

    Tries configurations, several at a time, and keeps every result in the storage
    folder: look at them meanwhile with `galaxy leaderboard` or `galaxy ui`.
    """
    chosen, where = configure(settings | place, config)
    # Only now: a mistake in the settings is said before TensorFlow has been waited for.
    places = asdict(where) | {"preflight": not no_preflight}
    if or_resume and (before := _known(chosen.name, where.storage)) is not None:
        _check_no_fit(dataset, chosen.name, where, submit=submit)
        terminal.note(f"search {chosen.name!r} is there already and goes on, with the options that it was begun with")
        _resume(terminal, chosen.name, where, submit, places | {"dataset": dataset} | _more(chosen, before))
        return
    if submit:
        from cluster import submit_search

        sent(terminal, submit_search(dataset, chosen, **places), where.storage)
        return
    from cluster import run_search

    if chosen.time_limit is not None:
        # It may end before there is anything to resume.
        end_in_time(chosen.time_limit - seconds_so_far(), same_command("--or-resume"))
    with contextlib.suppress(GalaxyTunerError):  # what is wrong with the dataset the search says
        for line in never_measured_on(locate_dataset(dataset), Split.VALIDATION):
            terminal.note(line)
    with search_display(terminal) as watch:
        view = run_search(dataset, chosen, **places, watch=watch, already=seconds_so_far())
    _finish(terminal, view, where)


@command(app, "galaxy resume first --trials 60")
def resume(
    terminal: Terminal,
    name: SearchName,
    place: Place,
    trials: Annotated[int | None, typer.Option(help="Extend the search to so many trials.", min=1)] = None,
    time_limit: Annotated[
        float | None,
        typer.Option(parser=duration, metavar="TIME", help="Let it take so long in all, what it has taken included."),
    ] = None,
    dataset: MovedDataset = None,
    accept_space: Annotated[
        bool, flag("--accept-space", "Go on in a space that was edited; without, what was is listed and refused.")
    ] = False,
    retry: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHICH",
            help="Try again, from the beginning: failed, infeasible, stopped (those without a score), or a trial's id. "
            "May be given again.",
        ),
    ] = None,
    submit: Submit = False,
    no_preflight: NoPreflight = False,
) -> None:
    """Go on with a search, whatever ended it.

    What has ended stands, what had not goes on from its last checkpoint, and no trial
    is repeated but those of --retry.
    """
    given = asdict(place) | {"dataset": dataset, "trials": trials, "time_limit": time_limit}
    given |= {"accept_space": accept_space, "retry": retry or (), "preflight": not no_preflight}
    _resume(terminal, name, place, submit, given)


def _known(name: str, storage: str) -> SearchSettings | None:
    """Return the settings of the search of this name; None where there is none."""
    from search import SearchLayout, is_taken, read_specification

    layout = SearchLayout.of(storage, name)
    return read_specification(layout).settings if is_taken(layout) else None


def _fit_of(name: str, storage: str) -> "FitRecord | None":
    """Return what the search of this name is a part of; None where it is one by itself."""
    from search import SearchLayout, read_fit

    return read_fit(SearchLayout.of(storage, name))


def _check_no_fit(dataset: str, name: str, place: Place, *, submit: bool) -> None:
    """Raise LedgerError where the name is a fit's: its search has another budget, and does not go on alone."""
    from search import LedgerError

    fit = _fit_of(name, place.storage)
    if fit is None:
        return
    again = ("fit", dataset, "--name", name, "--time-limit", write_duration(fit.time_limit), "--or-resume")
    more = ["--submit"] if submit else []
    raise LedgerError(
        f"{name!r} was begun by `galaxy fit`, not by `galaxy search`: choose another --name, or go on with it: "
        f"`{command_line('resume', name, *more, **asdict(place))}`, or in a job that is requeued "
        f"`{command_line(*again, *more, **asdict(place))}`"
    )


def _more(chosen: SearchSettings, before: SearchSettings) -> dict[str, object]:
    """Return what is asked for beyond what the search was to have, trials and time; None where it is no more.

    What was given counts, on the command line or in the file, and no default.
    """
    more: dict[str, object] = {}
    for key in ("trials", "time_limit"):
        asked, had = getattr(chosen, key) if key in chosen.model_fields_set else None, getattr(before, key)
        more[key] = asked if asked is not None and had is not None and asked > had else None
    return more


def _resume(terminal: Terminal, name: str, place: Place, submit: bool, given: dict[str, Any]) -> None:
    """Go on with a search, here or as a job."""
    # One that is submitted is looked at where it goes on: the storage may not be reached from here.
    if not submit and _fit_of(name, place.storage) is not None:
        if given["trials"]:
            raise typer.BadParameter("a fit has one limit, its time: leave this out", param_hint="--trials")
        resume_fit(terminal, name, place, **{key: given[key] for key in _OF_A_FIT})
        return
    if submit:
        from cluster import submit_resume

        sent(terminal, submit_resume(name, **given), place.storage)
        return
    from cluster import resume_search

    _end_in_time(name, place, given["time_limit"])
    with search_display(terminal) as watch:
        view = resume_search(name, **given, watch=watch, already=seconds_so_far())
    _finish(terminal, view, place)


def _end_in_time(name: str, place: Place, time_limit: float | None) -> None:
    """Let the process end with the time that the search has left, if it has any; it may be given more.

    What is wrong with the search its resumption says.
    """
    from search import SearchLayout, TimeBudget, extended, read_specification

    with contextlib.suppress(GalaxyTunerError):
        layout = SearchLayout.of(place.storage, name)
        settings = extended(read_specification(layout), time_limit=time_limit).settings
        left = TimeBudget.open(layout, settings.time_limit, seconds_so_far()).left()
        end_in_time(left, command_line("resume", name, **asdict(place)))


@command(app, "galaxy stop first")
def stop(terminal: Terminal, name: SearchName, storage: Storage = DEFAULT_STORAGE) -> None:
    """Stop a running search cleanly, from any terminal: what runs may end, nothing more starts."""
    from cluster import stop_search

    view = stop_search(name, storage=storage)
    again = "; the same `galaxy train` goes on" if view.is_training_alone else ""
    is_resumed = not view.is_training_alone and not view.specification.settings.is_by_value
    terminal.finish(
        {"search": view.name, "state": view.state.value},
        Text(f"Asked {name} to stop: its running trials end first; of finalists, what has ended counts{again}."),
        next_command=command_line("resume", name, storage=storage) if is_resumed else None,
    )


@command(app, "galaxy searches --storage runs")
def searches(terminal: Terminal, storage: Storage = DEFAULT_STORAGE) -> None:
    """List the searches in a storage folder."""
    from search import survey_searches

    survey = survey_searches(storage)
    views, damaged = survey.views, survey.damaged
    words = ("leaderboard", views[-1].name) if views else ("search", "DATASET", "--name", free_search(storage))
    shown = listed(survey) if views or damaged else Text(f"No search in {storage} yet.")
    found = {"searches": [one.as_summary() for one in views], "damaged": [one.as_json() for one in damaged]}
    terminal.finish(found, shown, next_command=command_line(*words, storage=storage))


def _finish(terminal: Terminal, view: "SearchView", place: Place) -> None:
    """Write the leaderboard; leave with status 130 if the search was stopped before its end."""
    if view.specification.settings.time_limit is not None:
        hurry()
    lost = [Text(line, style="yellow") for line in lost_in_search(view)]
    shown = ranked(view)
    terminal.finish(view.as_json(), shown, *lost, next_command=next_after(view, **asdict(place)))
    if view.state.value == "stopped":
        raise typer.Exit(INTERRUPTED)
