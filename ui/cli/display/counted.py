"""How the terminal shows what is in a catalogue."""

from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from ui import wording
from ui.cli.display.tables import facts, table

if TYPE_CHECKING:
    from trainer import Count


def counted(count: "Count", unanswered: int) -> list[RenderableType]:
    """Draw the share of each class, corrected and as named, and say whether the correction can be believed."""
    about = {"galaxies": f"{count.galaxies:,}"}
    if unanswered:
        about["without an answer"] = f"{unanswered:,}, left out"
    rows = [
        (
            wording.line(name),
            wording.interval(share.value, None if share.low is None or share.high is None else (share.low, share.high)),
            wording.percent(share.named / count.galaxies),
            f"{share.named:,}",
            f"{share.held_out:,}",
        )
        for name, share in count.shares.items()
    ]
    headings = ("class", "share (95 %)", "uncorrected", "named", "held-out images")
    shown = table(headings, rows, last={3: 2, 4: 1}, elsewhere="--json has them")
    said = [Text(line, style="yellow") for line in doubts(count)]
    said.append(Text(explained(count), style="dim" if count.is_explained else "bold yellow"))
    return [facts(about), shown, *said]


def doubts(count: "Count") -> list[str]:
    """Say of which classes no share can be said."""
    from trainer import ENOUGH

    few = [f"{wording.line(name)} ({share.held_out:,})" for name, share in count.shares.items() if share.value is None]
    if not few:
        return []
    return [f"Fewer than {ENOUGH} images were held out of {', '.join(few)}: what is mistaken for it is not known"]


def explained(count: "Count") -> str:
    """Say whether another mix of the same classes explains the answers."""
    chance = f"{count.chance:.2g}" if count.chance >= 0.01 else f"{count.chance:.3f}"
    if count.is_explained:
        return f"Another mix of the classes explains the answers (p = {chance})"
    return (
        f"Another mix of the classes alone does not explain the answers (p = {chance}): galaxies of other kinds, or of "
        "another look than in training, are among them, and the corrected shares are not to be relied on"
    )
