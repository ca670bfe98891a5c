"""What an import takes a source for, as the terminal shows it."""

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.text import Text

from datasets import DRAWN, ImportPlan, Omission, Provenance, UnlabelledInfo, few
from ui.cli.display.tables import facts
from ui.wording import beginning, plural

_MOST = 12


def planned(plan: ImportPlan) -> RenderableType:
    """Show what was taken for what: form, labels, classes with their counts, splits, what is left out and why."""
    provenance = plan.provenance
    per_class = {name: sum(of.get(name, 0) for of in plan.counts.values()) for name in plan.classes}
    splits = [f"{sum(of.values()):,} {'to draw' if split == DRAWN else split}" for split, of in plan.counts.items()]
    about = {
        "source": plan.source,
        "read as": f"{provenance.format}: {provenance.evidence}",
        "labels from": provenance.labels_from,
        "classes": few([f"{name} {count:,}" for name, count in per_class.items()], most=_MOST),
        "splits": f"{', '.join(splits)}{f' ({provenance.splits_from})' if provenance.splits_from else ''}",
        "objects": plan.framing.said,
    }
    if plan.unlabelled is not None:
        about["no class"] = of_no_class(plan.unlabelled)
    unusable = [f"{plural(plan.quarantined, 'file')} cannot be used: see quarantine.csv"] if plan.quarantined else []
    advice = [] if plan.framing.advice is None else [plan.framing.advice]
    return Group(facts(about), *_yellow([*_left_out(provenance), *unusable, *beginning(provenance.notes), *advice]))


def understood(provenance: Provenance) -> RenderableType:
    """Show how the source of a dataset was understood: form, labels, splits, what was left out and why."""
    about = {
        "read as": f"{provenance.format}: {provenance.evidence}",
        "labels from": provenance.labels_from,
        "splits from": provenance.splits_from or "drawn at import",
    }
    return Group(facts(about), *_yellow([*_left_out(provenance), *beginning(provenance.notes)]))


def of_no_class(unlabelled: UnlabelledInfo) -> str:
    """Say what is kept of galaxies of no class."""
    given = unlabelled.total - unlabelled.left_out
    parts = [f"{given:,} of {unlabelled.source}"] if given else []
    parts += [f"{unlabelled.left_out:,} that meet no rule"] if unlabelled.left_out else []
    return f"{plural(unlabelled.total, 'image')} kept beside, in no split ({', '.join(parts)})"


def _yellow(lines: Iterable[str]) -> list[Text]:
    return [Text(line, style="yellow") for line in lines]


def _left_out(provenance: Provenance) -> list[str]:
    return beginning([f"left out: {_shown(omission)}" for omission in provenance.omitted])


def _shown(omission: Omission) -> str:
    count = f", {plural(omission.count, 'image')}" if omission.count else ""
    return f"{omission.what}{count}: {omission.why}"
