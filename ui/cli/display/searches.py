"""The searches of a storage folder, a row each; why some cannot be read stands below."""

from rich.console import Group, RenderableType
from rich.text import Text

from search import Survey
from ui import wording
from ui.cli.display import tables
from ui.ranking import states

_HEADINGS = ("search", "state", "objective", "best trial", "trials", "dataset")


def listed(survey: Survey) -> RenderableType:
    """Draw them by name, those that cannot be read among them."""
    rows: dict[str, tuple[str | Text, ...]] = {
        view.name: (
            view.name,
            tables.state("training" if view.is_training else str(view.state)),
            view.objective.name,
            view.best or wording.ABSENT,
            states(view.counts),
            view.specification.dataset,
        )
        for view in survey.views
    }
    for one in survey.damaged:
        rows[one.name] = (one.name, tables.state("damaged"), *[wording.ABSENT] * (len(_HEADINGS) - 2))
    shown = tables.table(
        _HEADINGS,
        [rows[name] for name in sorted(rows)],
        words=range(len(_HEADINGS)),
        whole=(1, 3),
        last={2: 2, 3: 1, 4: 1, 5: 3},
        elsewhere="--json has them",
    )
    reasons = [Text(f"{one.name}: {wording.line(one.reason)}", style="red") for one in survey.damaged]
    return Group(shown, *reasons)
