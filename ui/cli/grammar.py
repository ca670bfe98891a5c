"""How commands are read and how their help looks: Typer's own, but for what a reader stumbles over there.

All that is missing is named at once; types are called by plain words, limits are said in the help's sentence; what a
value ought to be is said in words of ours. Typer 0.29 reads values with pydantic.
"""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

import typer
from pydantic import ValidationError
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from datasets import first_problem

HELP = {"help_option_names": ["-h", "--help"]}
# What follows the sentence of a help: a default, or that it is required.
_MORE = re.compile(r"(?= \[(?:dim|red)\])")
_KINDS = {int: "N", float: "NUMBER", str: "TEXT"}


class GalaxyCommand(TyperCommand):
    """A command that names all that is missing at once.

    ``needs`` are parameters beyond those that Typer itself requires, by name: each with the other parameter that stands
    in for it, as a file of settings does, or None.
    """

    needs: ClassVar[Mapping[str, str | None]] = {}

    def get_params(self, ctx: Any) -> list[Any]:
        """Return what it takes."""
        return _plain(super().get_params(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words. Raises typer.TyperException for wrong use."""
        if not ctx.resilient_parsing:  # not for completion
            self._check_missing(ctx, args)
        return super().parse_args(ctx, args)

    def _check_missing(self, ctx: Any, args: list[str]) -> None:
        try:
            given, _, _ = self.make_parser(ctx).parse_args(args=[*args])
        except typer.TyperException as error:
            error.ctx = ctx  # type: ignore[attr-defined]  # so that its help is named
            raise
        parameters = self.get_params(ctx)
        if any(one.is_eager and given.get(one.name) for one in parameters):  # only the help is asked for
            return
        missing = [one for one in parameters if given.get(one.name) in (None, (), []) and self._is_needed(one, given)]
        if not missing:
            return
        options = {one.name: one.opts[0] for one in parameters}
        others = [options.get(self.needs.get(one.name) or "") for one in missing]
        names = [_shown(one) + (f" (or {other})" if other else "") for one, other in zip(missing, others, strict=True)]
        if len(missing) == 1:
            ctx.fail(f"missing {missing[0].param_type_name} {names[0]}")
        ctx.fail(f"missing {', '.join(names[:-1])} and {names[-1]}")

    def _is_needed(self, parameter: Any, given: Mapping[str, object]) -> bool:
        if parameter.name not in self.needs:
            return bool(parameter.required)
        other = self.needs[parameter.name]
        return other is None or not given.get(other)


class PlainGroup(TyperGroup):
    """A group of commands whose own options have plain types, too."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return what it takes."""
        return _plain(super().get_params(ctx))


def _plain(parameters: list[Any]) -> list[Any]:
    """Call types by plain words, and say limits where the help says what the value is; doing it again does nothing."""
    for one in parameters:
        if isinstance(one, TyperArgument):
            name = one.metavar = one.metavar or one.name.upper()
            # The type of each is text; and no braces, which nobody is to type.
            one.display_type_rich = _no_type  # type: ignore[method-assign]
            one.get_usage_pieces = partial(_pieces, name if one.required else f"[{name}]")  # type: ignore[method-assign]
        elif isinstance(one, TyperOption):
            if one.metavar is None:
                one.metavar = _kind(one)
            if limits := _limits(one.min, one.max):
                said, *more = _MORE.split(one.help or "", maxsplit=1)
                one.help = "".join([f"{said.rstrip('.')} ({limits}).", *more])
                one.min = one.max = None
    return parameters


def _no_type(ctx: object) -> None:
    """Return nothing, whatever is asked."""
    del ctx


def _pieces(shown: str, ctx: object) -> list[str]:
    """Return the one word of a usage line."""
    del ctx
    return [shown]


def sentence_of(error: typer.TyperException) -> str:
    """Return what an error says, in words of ours where Typer has pydantic's."""
    cause = error.__cause__
    if isinstance(cause, ValidationError) and hasattr(error, "message"):
        error.message = first_problem(cause).message
    return " ".join(error.format_message().split()).rstrip(".")


def flowing(text: str) -> str:
    """Return a help text with its line breaks only between paragraphs: a terminal breaks lines by itself."""
    paragraphs = (" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _kind(option: TyperOption) -> str:
    if option.is_flag or option.count:
        return ""
    choices = option.type_descriptor.choices
    return "|".join(map(str, choices)) if choices else _KINDS.get(option.type_descriptor.annotation, "TEXT")


def _limits(least: float | None, most: float | None) -> str:
    if least is None:
        return "" if most is None else f"{most:g} or less"
    return f"{least:g} or more" if most is None else f"{least:g} to {most:g}"


def _shown(parameter: Any) -> str:
    return f"'{parameter.metavar if parameter.param_type_name == 'argument' else parameter.opts[0]}'"
