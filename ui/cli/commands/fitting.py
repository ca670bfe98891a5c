"""The command that does it all within a time: ``fit``; and what goes on with it."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import Field

from datasets import Option, Split
from search import FitRecord, LedgerError, SearchLayout, SearchSettings, is_taken, read_fit
from ui.cli.command import Given, command
from ui.cli.configuration import configure, number_of
from ui.cli.display.doubts import never_measured_on
from ui.cli.display.fitting import fit_display
from ui.cli.display.leaderboard import worth_of
from ui.cli.display.submitted import sent
from ui.cli.entry import end_in_time, hurry, same_command, seconds_so_far
from ui.cli.options import DatasetPath, NoPreflight, Place, Submit, flag
from ui.cli.terminal import INTERRUPTED, Terminal
from ui.wording import command_line, module_options

if TYPE_CHECKING:
    from cluster import FitResult

app = typer.Typer()
_TRIED, _SLOWER = "What is tried", 8.0


class FitSettings(SearchSettings):
    """What is asked for of a fit: the settings of its search, told as what they are there."""

    epochs: Annotated[
        int, Field(ge=1), Option("Longest training, in epochs.", _TRIED, "by the number of images and the time")
    ] = 20
    time_limit: Annotated[
        float, Option("Time for all of it, its start counted, such as 100m.", metavar="TIME", duration=True)
    ]
    trials: Annotated[
        int | None, Field(ge=1), Option("How many configurations to try.", _TRIED, "as many as there is time for")
    ] = None


@command(app, "galaxy fit galaxies --name best --time-limit 100m")
def fit(
    terminal: Terminal,
    dataset: DatasetPath,
    settings: Given[FitSettings],
    place: Given[Place],
    max_slower: Annotated[
        float | None,
        typer.Option(
            min=1,
            help="Most work for an image, as a multiple of that of one network that sees it once.",
            show_default=f"{_SLOWER:g}",
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            help='TOML file of these options (epochs = 30, try = "points.json"); the command line wins over it.',
            metavar="FILE.toml",
        ),
    ] = None,
    or_resume: Annotated[
        bool, flag("--or-resume", "Go on with the fit of this name where there is one: for jobs that are requeued.")
    ] = False,
    submit: Submit = False,
    no_preflight: NoPreflight = False,
) -> None:
    """Make the best classifier that a time allows: search, final training, ensemble.

    What is not given is chosen by the number of images and this machine's speed,
    and said. There is a usable model soon, which better ones replace. `galaxy
    resume` goes on, whatever ended it; all other commands work on it, too.
    """
    chosen, where = configure(settings | place, config, without=("max_slower",))
    slower = number_of("max_slower", max_slower, config, least=1) or _SLOWER
    if chosen.time_limit is None:
        raise typer.BadParameter("expected the time for all of it, such as 100m, found none", param_hint="--time-limit")
    if or_resume and (before := _known(chosen.name, where, submit=submit)) is not None:
        terminal.note(f"fit {chosen.name!r} is there already and goes on, with the options that it was begun with")
        limit = chosen.time_limit if chosen.time_limit > before.time_limit else None
        again: dict[str, Any] = {"dataset": dataset, "preflight": not no_preflight, "time_limit": limit}
        if submit:
            from cluster import submit_resume

            sent(terminal, submit_resume(chosen.name, **asdict(where), **again), where.storage)
            return
        resume_fit(terminal, chosen.name, where, **again)
        return
    if submit:
        from cluster import submit_fit

        places = asdict(where) | {"preflight": not no_preflight}
        sent(terminal, submit_fit(dataset, chosen, max_slower=slower, **places), where.storage)
        return
    from cluster import Watches, Where, fit
    from datasets import Dataset, framing_of

    # It may end before there is anything to resume.
    end_in_time(chosen.time_limit - seconds_so_far(), same_command("--or-resume"))
    opened = Dataset.open(dataset)
    if (advice := framing_of(opened).advice) is not None:
        terminal.note(advice)
    for line in never_measured_on(opened.info, Split.VALIDATION):
        terminal.note(line)
    with fit_display(terminal) as watches:
        result = fit(
            dataset,
            chosen,
            chosen.time_limit,
            where=Where(where.storage, where.address, not no_preflight),
            epochs=chosen.epochs if "epochs" in chosen.model_fields_set else None,
            max_slower=slower,
            watches=Watches(*watches),
            already=seconds_so_far(),
        )
    _finish(terminal, result, where)


def resume_fit(
    terminal: Terminal,
    name: str,
    place: Place,
    *,
    time_limit: float | None,
    dataset: str | None,
    preflight: bool,
    accept_space: bool = False,
    retry: Sequence[str] = (),
) -> None:
    """Go on with a fit, whatever ended it."""
    from cluster import Watches, Where, resume_fit, time_left

    left = time_left(name, place.storage, time_limit, already=seconds_so_far())
    if left is not None:
        end_in_time(left, command_line("resume", name, **asdict(place)))
    with fit_display(terminal) as watches:
        result = resume_fit(
            name,
            where=Where(place.storage, place.address, preflight),
            dataset=dataset,
            time_limit=time_limit,
            accept_space=accept_space,
            retry=retry,
            watches=Watches(*watches),
            already=seconds_so_far(),
        )
    _finish(terminal, result, place)


def _known(name: str, place: Place, *, submit: bool) -> FitRecord | None:
    """Return what the fit of this name was asked for; None where there is none. Raises LedgerError for a search's."""
    layout = SearchLayout.of(place.storage, name)
    if not is_taken(layout):
        return None
    record = read_fit(layout)
    if record is None:
        resume = command_line("resume", name, *(["--submit"] if submit else []), **asdict(place))
        raise LedgerError(
            f"{name!r} was begun by `galaxy search`, not by `galaxy fit`: choose another --name, or go on with it: "
            f"`{resume}`"
        )
    return record


def _finish(terminal: Terminal, result: "FitResult", place: Place) -> None:
    """Write what the bundle scores and what the search was worth; leave with 130 if its user has stopped it."""
    from ui.cli.display.results import trained

    hurry()
    final = result.final
    if final is None:
        next_command = command_line("resume", result.view.name, **asdict(place))
        terminal.finish(result.as_json(), "No trial has a score yet: there is no model.", next_command=next_command)
    else:
        next_command = command_line("classify", final.model, "IMAGE.jpg", *module_options(final.modules))
        terminal.finish(result.as_json(), trained(final), *worth_of(result.view), next_command=next_command)
    if result.is_stopped:
        raise typer.Exit(INTERRUPTED)
