"""How the terminal shows how well a model tells galaxies of no class."""

from rich.console import Group, RenderableType
from rich.text import Text

from trainer import HALF, ToldOfNone, share_with_interval
from ui import wording
from ui.cli.display.tables import facts, table


def told_of_none(told: ToldOfNone) -> RenderableType:
    """Draw false alarms, what was caught, and what it makes of the purity of a catalogue."""
    alarms = told.alarms()
    counts = (sum(count for count, _ in alarms.values()), sum(images for _, images in alarms.values()))
    about = {"taken for none": f"{share_with_interval(*counts)} of these images"}
    if not told.shown:
        advice = (
            "Of galaxies of no class the dataset keeps none that the model was not shown: what it catches is not told"
        )
        return Group(facts(about), Text(advice))
    area = "" if told.auroc is None else f", area under the curve {wording.score(told.auroc)}"
    about["caught"] = f"{share_with_interval(told.caught, told.shown)} of {told.shown:,} galaxies of no class{area}"
    purities = told.purities(HALF)
    rows = [
        (name, share_with_interval(*alarms[name]), wording.percent(each.before), wording.percent(each.after))
        for name, each in purities.items()
    ]
    title = f"Where {wording.percent(HALF)} of a catalogue is of no class"
    headings = ("class", "taken for none", "purity", "without none")
    return Group(facts(about), table(headings, rows, title=title, elsewhere="--json has them"))
