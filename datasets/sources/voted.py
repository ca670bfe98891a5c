"""Images by name and what a table of votes says of them: a listing."""

from collections import Counter
from collections.abc import Sequence

from datasets.arrow.provenance import Omission
from datasets.classes import ordered
from datasets.sources.listing import Item, Listing
from datasets.sources.side_table import SideTable
from datasets.sources.trees import Tree, refusal
from datasets.sources.vote_choice import Images, Labels
from datasets.sources.vote_reading import Votes
from datasets.splits import Split, split_named
from datasets.wording import few

_MOST = 5
"""So many folders of images without a row are named each for itself."""


def listed(tree: Tree, labels: Labels, images: Images, rejected: Sequence[tuple[str, str]]) -> Listing:
    """Join images and galaxies.

    An image without a class, or of which the table says nothing, is left out; a galaxy with a class but without an
    image is rejected, unless most are such: they are counted then. Raises SourceError where no image has a class.
    """
    votes = labels.votes
    source, rules, doubtful = votes.source, votes.source.rules, set(votes.conflicting)
    classified = {stem: galaxy for stem, galaxy in labels.galaxies.items() if galaxy.label >= 0}
    labelled = [(stem, classified[stem]) for stem in images if stem in classified]
    if not labelled:
        expected = f"galaxies that meet the rules of {rules.origin} ({few(rules.classes)})"
        raise refusal(tree.path, expected, f"{len(images):,} images, and votes in {source.name} that meet none")
    classes = ordered({rules.classes[galaxy.label] for _, galaxy in labelled})
    numbers = {rules.classes.index(name): number for number, name in enumerate(classes)}
    splits, splits_from = _splits([images[stem][0] for stem, _ in labelled]), "the folders of the images"
    if votes.split_column and any(galaxy.split for _, galaxy in labelled):
        splits = {images[stem][0]: galaxy.split for stem, galaxy in labelled}
        splits_from = f"the column '{votes.split_column}' of {source.name}"
    items = [
        Item(images[stem][0], numbers[galaxy.label], images[stem][1], splits.get(images[stem][0]), galaxy.object_id)
        for stem, galaxy in labelled
    ]
    items.sort(key=lambda item: (item.label, item.id))
    twice = [(images[stem][0], f"is in two rows of {source.name}, of two classes") for stem in doubtful & images.keys()]
    absent = [(stem, "the source has no image of it") for stem in classified if stem not in images]
    notes = _notes(votes)
    if len(absent) > len(labelled):  # a catalogue, of which some images are here
        notes.append(f"{len(absent):,} galaxies of {source.name} have a class and no image here")
        absent = []
    kind = f", columns of {source.wording.name}" if source.wording.name else ""
    return Listing(
        classes,
        tuple(items),
        (*rejected, *sorted(twice), *absent),
        omitted=(*labels.passed, *_omitted(labels, images)),
        labels_from=f"the votes in {source.name} by the rules of {rules.origin}{kind}",
        splits_from=splits_from if splits else "",
        notes=(*source.table.notes, *notes),
        side=SideTable((source.table,), {images[stem][0]: (0, galaxy.row) for stem, galaxy in labelled}),
    )


def _omitted(labels: Labels, images: Images) -> list[Omission]:
    """Say which images have no class: those that meet no rule, and by their folder those without a row."""
    source = labels.votes.source
    unmet = sum(stem in labels.galaxies and labels.galaxies[stem].label < 0 for stem in images)
    unknown = images.keys() - labels.galaxies.keys() - set(labels.votes.conflicting)
    folders = Counter(_folder(images[stem][0]) for stem in unknown)
    if len(folders) > _MOST:
        folders = Counter({f"images in {few(sorted(folders), most=3)}": len(unknown)})
    omitted = [Omission(folder, count, f"no row in {source.name}") for folder, count in sorted(folders.items())]
    if unmet:
        omitted.append(
            Omission("galaxies without a class", unmet, f"their votes meet no rule of {source.rules.origin}")
        )
    return omitted


def _folder(path: str) -> str:
    return f"{path.split('/')[0]}/" if "/" in path else "images beside the table"


def _notes(votes: Votes) -> list[str]:
    source = votes.source
    present = {galaxy.label for galaxy in votes.galaxies.values()}
    empty = [name for label, name in enumerate(source.rules.classes) if label not in present]
    notes = [f"no row of {source.name} meets the rule of {few(empty)}"] if empty else []
    if votes.incomplete:
        notes.append(f"{votes.incomplete:,} of {votes.rows:,} rows of {source.name} lack a value that the rules use")
    if source.unused:
        notes.append(f"{source.name} also has the columns of {few(source.unused)}, which decide nothing")
    return notes


def _splits(paths: Sequence[str]) -> dict[str, Split | None]:
    """Return the split of each path by the folders it lies in; none where not all lie in one, or all in the same."""
    splits: dict[str, Split | None] = {}
    for path in paths:
        named = [split for part in path.split("/")[:-1] if (split := split_named(part.partition(".")[0])) is not None]
        if named:
            splits[path] = named[-1]
    return splits if len(splits) == len(paths) and len(set(splits.values())) > 1 else {}
