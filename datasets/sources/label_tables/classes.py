"""From the labels in a table to the names of classes."""

from collections.abc import Collection, Mapping

from datasets.errors import SourceError
from datasets.sources.label_tables.layout import Layout
from datasets.sources.label_tables.legends import (
    Legend,
    are_integers,
    given_legend,
    legend_beside,
    listed_legend,
    whole,
)
from datasets.sources.labels import NO_LABEL, left_of
from datasets.sources.options import SourceOptions
from datasets.sources.trees import Tree
from datasets.wording import few


def class_names(
    tree: Tree, layout: Layout, labels: Collection[str], options: SourceOptions
) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Return the class's name by the label, without labels that say there is none, and what a person should know.

    -1 says so beside numbers from 0 on, unless it has a name, and beside the names of Hugging Face's data sets. Whole
    numbers have the names of ``--legend``, of the table itself or of a file beside it, else their own.
    Raises SourceError where labels are measured numbers, or a legend lacks some.
    """
    if len(layout.labels) > 1:
        return {label: label for label in labels}, ()
    unfit: list[str] = []
    column, decimal = layout.labels[0], layout.table.decimal()
    numbers = {label: whole(label.replace(decimal, ".")) for label in labels}
    left = left_of(set(numbers.values()))
    if left and _is_named(tree, layout, options):
        left = ""
    if left:
        numbers = _without(numbers)
    if options.legend is not None:
        legend: Legend | None = given_legend(options.legend, set(numbers.values()))
    elif not are_integers(numbers.values()):
        _refuse_measured(layout, [label.replace(decimal, ".") for label in labels])
        return {label: label for label in labels}, ()
    else:
        inner = layout.table.legends().get(column)
        if inner is not None:
            numbers = _without(numbers)
            legend = listed_legend(inner, {*numbers.values(), "0"}, layout.name)
        else:
            legend, unfit = legend_beside(tree, layout.base, set(numbers.values()))
        if inner is not None and legend is None:
            raise SourceError(
                f"'{layout.table.name}' cannot be imported: its column '{column}' has the labels "
                f"{few(sorted(numbers.values()))}, and it has names for {len(inner)}: {few(inner)}"
            )
    if legend is None:
        other = f"; {few(unfit)} has not all of their names" if unfit else ""
        different = sorted(set(numbers.values()), key=int)
        shown = different[:3]
        return numbers, (
            f"the classes are the numbers of the column '{column}': names can be given with --legend "
            f"{','.join(f'{number}=NAME' for number in shown)}{',…' if len(different) > len(shown) else ''}{other}",
            *filter(None, [left]),
        )
    named = "" if options.legend else f"the names of the numbers in '{column}' are from {legend.source}"
    notes = tuple(filter(None, [named, left]))
    return {label: legend.names[number] for label, number in numbers.items()}, notes


def _is_named(tree: Tree, layout: Layout, options: SourceOptions) -> bool:
    """Say whether a legend has a name for -1, too."""
    if options.legend is not None:
        return any(part.partition("=")[0].strip() == NO_LABEL for part in options.legend.split(","))
    return legend_beside(tree, layout.base, {NO_LABEL})[0] is not None


def _without(numbers: Mapping[str, str]) -> dict[str, str]:
    return {label: number for label, number in numbers.items() if number != NO_LABEL}


def _refuse_measured(layout: Layout, labels: Collection[str]) -> None:
    if all(map(str.isdecimal, labels)):  # with zeros before: 01, 02
        return
    try:
        measured = sorted(float(label) for label in labels)
    except ValueError:
        return
    raise SourceError(
        f"'{layout.table.name}' cannot be imported: expected classes in the column '{layout.labels[0]}', found numbers "
        f"such as {few([f'{number:g}' for number in measured], most=3)}: name another with --label-column; votes "
        "become classes with --classes rules.toml"
    )
