"""How numbers, names and commands are written, the same in the terminal and on the page.

An absent value, NaN or infinity is written as an en dash: nobody should read ``nan`` as a result.
"""

import math
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from search import SearchSettings

ABSENT = "–"
DEFAULT_STORAGE = "runs"
SEEN = "the model was trained or chosen on these, so that its answers to them are no test of it"
# As much of a name or a value as a column is worth; JSON and CSV have it whole.
_LONGEST = 40
_IN_PYTHON = {"resume": "resume_search", "train": "train_winners"}
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def score(value: float | None) -> str:
    """Write a metric with four decimals, enough to tell two trials apart."""
    return ABSENT if _absent(value) else f"{value:.4f}"


def percent(fraction: float | None) -> str:
    """Write a fraction (0–1) as a percentage with one decimal."""
    return ABSENT if fraction is None or _absent(fraction) else f"{100 * fraction:.1f} %"


def interval(fraction: float | None, ends: tuple[float, float] | None) -> str:
    """Write a fraction (0–1) with its interval as percentages: ``95.0 % (91.0 to 97.3)``."""
    bounds = "" if ends is None else f" ({100 * ends[0]:.1f} to {100 * ends[1]:.1f})"
    return percent(fraction) + bounds


def duration(seconds: float | None) -> str:
    """Write a time span in its two largest units: ``45 s``, ``3 min 12 s``, ``2 h 05 min``."""
    if seconds is None or _absent(seconds):
        return ABSENT
    minutes, rest = divmod(round(seconds), 60)
    if minutes == 0:
        return f"{rest} s"
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def size(count: int) -> str:
    """Write a number of bytes: ``12 kB``, ``3.4 MB``."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{count / factor:.{0 if count >= 10 * factor else 1}f} {unit}"
    return f"{count} bytes"


def line(text: str, *, longest: int | None = None) -> str:
    """Write any text as one line: what is no printable character as a space, what is too long with ``…`` at its end."""
    shown = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return shown if longest is None or len(shown) <= longest else f"{shown[: longest - 1]}…"


def value(value: object, *, longest: int = _LONGEST) -> str:
    """Write a hyperparameter's value: three significant digits for a float, yes or no for a bool, text as a line."""
    if value is None:
        return ABSENT
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3g}" if isinstance(value, float) else line(str(value), longest=longest)


def heading(name: str) -> str:
    """Write an identifier as words, so that a narrow column can break it: ``dense_units`` → ``dense units``."""
    return line(name.replace("_", " "), longest=_LONGEST) or repr(name)


def metric(name: str) -> str:
    """Write a metric's name for a reader: ``val_macro_f1`` → ``validation macro F1``."""
    words = {"val": "validation", "f1": "F1", "ece": "calibration error"}
    return " ".join(words.get(word, word) for word in name.split("_"))


def point(decide: str, objective: str | None) -> str:
    """Say which class an operating point names: the most probable, or what else it is good for."""
    name = (objective or "the objective").partition(":")[0].removeprefix("val_")
    for how in ("_decided", "_soft", "_steady"):
        name = name.removesuffix(how)
    words = {
        "accuracy": "the most probable",
        "balanced": "fair to rare classes",
        "objective": f"best for {metric(name)}",
    }
    return words.get(str(decide), str(decide))


def plural(count: int, noun: str) -> str:
    """Write a count with its noun: ``1 image``, ``2,000 images``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def some(names: Sequence[str], noun: str) -> str:
    """Name up to three and count the others: ``trial 0004``, ``trials 0004, 0005, 0006 and 7 more``."""
    rest = len(names) - 3
    listed = ", ".join(names[:3]) + (f" and {rest:,} more" if rest > 0 else "")
    return f"{noun} {listed}" if len(names) == 1 else f"{noun}s {listed}"


def beginning(lines: Sequence[str], *, most: int = 12) -> list[str]:
    """Keep the first of some texts, each as one line, and count the others in one more: ``… and 588 more``."""
    rest = len(lines) - most
    return [line(each) for each in lines[:most]] + ([f"… and {rest:,} more"] if rest > 0 else [])


def command_line(*words: str, storage: str = DEFAULT_STORAGE, address: str = "local") -> str:
    """Write a command that can be pasted into a shell, with ``--storage`` and ``--address`` where not the default."""
    extra = () if storage == DEFAULT_STORAGE else ("--storage", storage)
    place = () if address == "local" else ("--address", address)
    return shlex.join(("galaxy", *words, *place, *extra))


def going_on(
    verb: Literal["resume", "train"],
    settings: "SearchSettings",
    *,
    storage: str,
    dataset: str | None = None,
    is_fit: bool = False,
) -> str:
    """Write what goes on with a search or fit, or trains its winner: a command, or Python for a HyperModel's object.

    That is not stored: who goes on gives it again, and no command can. ``dataset`` is where the search's has moved to.
    """
    if settings.is_by_value:
        place = "" if storage == DEFAULT_STORAGE else f"storage={storage!r}, "
        moved = "" if dataset is None else f"dataset={dataset!r}, "
        if is_fit and verb == "resume":
            return f"resume_fit({settings.name!r}, {moved}where=Where({place}hypermodel=…))"
        return f"{_IN_PYTHON[verb]}({settings.name!r}, {place}{moved}hypermodel=…)"
    return command_line(verb, settings.name, *(() if dataset is None else ("--dataset", dataset)), storage=storage)


def module_options(modules: Sequence[str]) -> list[str]:
    """Return the words of a command that give it a user's modules."""
    return [word for module in modules for word in ("--module", module)]


def bar(fraction: float, width: int) -> str:
    """Draw a fraction (0–1) as a horizontal bar of ``width`` characters, to an eighth of a character."""
    eighths = round(8 * width * min(max(fraction, 0.0), 1.0))
    full, part = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[part] if part else "")).ljust(width)


def sparkline(values: list[float]) -> str:
    """Draw a series as one character a value, lowest to highest; a value that is not finite leaves a gap."""
    finite = [v for v in values if math.isfinite(v)]
    if not finite:
        return ""
    low, high = min(finite), max(finite)
    span = (high - low) or 1.0
    return "".join("▁▂▃▄▅▆▇█"[round(7 * (v - low) / span)] if math.isfinite(v) else " " for v in values)


def _absent(number: float | None) -> bool:
    return number is None or not math.isfinite(number)
