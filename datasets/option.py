"""What a command line says of a setting. Whoever defines the setting knows no command line."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Option:
    """What makes an option of a field: ``trials: Annotated[int, Option("How many configurations to try.")] = 20``.

    Attributes:
        help: what the value is, in a sentence.
        panel: heading of the options among which it stands.
        default: what holds without the option, where the field's own default does not say it.
        metavar: what stands for the value; by default its type.
        name: of the option, where it is not the field's.
        min: least value that the command line takes, where the settings do not check it themselves.
        max: greatest, likewise.
        fraction: whether the value is a part of a whole, above 0 and at most 1.
        duration: whether the value is a time in seconds, which is written as `parse_duration` reads it.
        values: some of those that there are, for a shell to offer.
        is_search: whether a shell is to offer the names of searches.
    """

    help: str
    panel: str | None = None
    default: str | None = None
    metavar: str | None = None
    name: str | None = None
    min: float | None = None
    max: float | None = None
    fraction: bool = False
    duration: bool = False
    values: tuple[str, ...] = ()
    is_search: bool = False
