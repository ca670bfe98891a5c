"""How a function becomes a command: an option for each field of its settings, a terminal, ``--json`` and ``--debug``.

tyro makes command lines of such fields too, but ones without Typer's help, panels and messages.
"""

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType, NoneType
from typing import Annotated, Generic, TypeVar, get_args, get_origin

import typer

from datasets import Option
from ui.cli import completing
from ui.cli.grammar import GalaxyCommand, flowing
from ui.cli.options import AsJson, Debug, duration, fraction
from ui.cli.terminal import session

Settings = TypeVar("Settings")


class Given(dict[str, object], Generic[Settings]):
    """The fields of ``Settings`` that the command line gave, by name."""


def command(
    app: typer.Typer, example: str, *, needs: Mapping[str, str | None] = MappingProxyType({})
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a function, whose first argument is its `Terminal`, a command of ``app`` whose help ends with ``example``.

    A parameter whose type has fields with an `Option` becomes an option for each. The function gets the object made of
    those that were given or, where the parameter is a `Given` of that type, these alone. ``needs`` are parameters that
    cannot be missing, by name, each with the one that stands in for it; fields without a default are such, too, for
    which a file of settings stands in where the function takes one.
    """

    def register(function: Callable[..., None]) -> Callable[..., None]:
        _, *parameters = inspect.signature(function, eval_str=True).parameters.values()
        options = {parameter.name: _options(parameter.annotation) for parameter in parameters}

        def run(as_json: AsJson = False, debug: Debug = False, **values: object) -> None:
            with session(as_json=as_json, debug=debug) as terminal:
                arguments = {each.name: _argument(each, options[each.name], values) for each in parameters}
                function(terminal, **arguments)

        output = [*inspect.signature(run).parameters.values()][:2]
        shown = [made for each in parameters for made in options[each.name] or [each]] + output
        by_name = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in shown]
        run.__signature__ = inspect.Signature(by_name)  # type: ignore[attr-defined]
        run.__doc__ = flowing(inspect.cleandoc(function.__doc__ or ""))
        fields = [field for each in parameters for field in _fields(each.annotation)]
        required = [field.name for field, _ in fields if field.default is inspect.Parameter.empty]
        stands_in = "config" if any(each.name == "config" for each in parameters) else None
        reading = type("Command", (GalaxyCommand,), {"needs": dict.fromkeys(required, stands_in) | dict(needs)})
        app.command(function.__name__.rstrip("_"), cls=reading, epilog=f"[bold]Example[/]  {example}")(run)
        return run

    return register


def _argument(parameter: inspect.Parameter, options: list[inspect.Parameter], values: dict[str, object]) -> object:
    if not options:
        return values[parameter.name]
    given = {option.name: values[option.name] for option in options if values[option.name] not in (None, [])}
    if get_origin(parameter.annotation) is Given:
        return Given(given)
    return parameter.annotation(**{name: tuple(v) if isinstance(v, list) else v for name, v in given.items()})


def _options(annotation: object) -> list[inspect.Parameter]:
    """Return an option, None unless given, for each field of a type of settings; none for any other type."""
    return [_option(field, option) for field, option in _fields(annotation)]


def _fields(annotation: object) -> list[tuple[inspect.Parameter, Option]]:
    """Return the fields of a type of settings that are options; none of any other type."""
    settings = get_args(annotation)[0] if get_origin(annotation) is Given else annotation
    if not isinstance(settings, type):
        return []
    return [
        (field, option)
        for field in inspect.signature(settings).parameters.values()
        for option in get_args(field.annotation)[1:]
        if isinstance(option, Option)
    ]


def _option(field: inspect.Parameter, option: Option) -> inspect.Parameter:
    kind = _typed(get_args(field.annotation)[0])
    made = typer.Option(
        option.name or f"--{field.name.replace('_', '-')}",
        help=option.help + _default(field, option),
        metavar="" if kind is bool else "FRACTION" if option.fraction else option.metavar,
        rich_help_panel=option.panel,
        min=_least(field, option),
        max=option.max,
        callback=fraction if option.fraction else None,
        parser=duration if option.duration else None,
        autocompletion=_offered(option),
    )
    return field.replace(annotation=Annotated[kind | None, made], default=None)


def _least(field: inspect.Parameter, option: Option) -> float | None:
    """Return the least value: the option's own, or what the settings say of the field, so that the help says it."""
    if option.min is not None:
        return option.min
    said = (getattr(each, "ge", None) for each in get_args(field.annotation)[1:])
    return next((least for least in said if least is not None), None)


def _offered(option: Option) -> Callable[..., list[str]] | None:
    if option.is_search:
        return completing.searches
    return completing.one_of(option.values) if option.values else None


def _typed(annotation: object) -> type:
    """Return the type of an option; of texts it may be repeated, what else no word can give is read from files."""
    if get_origin(annotation) is tuple and get_args(annotation) == (str, ...):
        return list[str]
    kinds = [kind for kind in get_args(annotation) or (annotation,) if kind is not NoneType]
    scalar = len(kinds) == 1 and isinstance(kinds[0], type) and issubclass(kinds[0], bool | int | float | str)
    return kinds[0] if scalar else list[Path]


def _default(field: inspect.Parameter, option: Option) -> str:
    """Return the end of an option's help: what holds without it, if anything does."""
    if field.default is inspect.Parameter.empty:
        return " [red]\\[required][/red]"
    value = field.default if option.default is None else option.default
    if value is None or value is False or value == ():
        return ""
    return f" [dim]\\[default: {f'{value:g}' if isinstance(value, float) else value}][/dim]"
