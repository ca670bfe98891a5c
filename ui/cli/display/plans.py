"""What an import takes a source for, as the terminal shows it."""

from rich.console import Group, RenderableType
from rich.text import Text

from datasets import DRAWN, ImportPlan, Omission, few
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
    }
    lines = beginning([f"left out: {_left_out(omission)}" for omission in provenance.omitted])
    if plan.quarantined:
        lines.append(f"{plural(plan.quarantined, 'file')} cannot be used: see quarantine.csv")
    lines += beginning(provenance.notes)
    return Group(facts(about), *(Text(line, style="yellow") for line in lines))


def _left_out(omission: Omission) -> str:
    count = f", {plural(omission.count, 'image')}" if omission.count else ""
    return f"{omission.what}{count}: {omission.why}"
