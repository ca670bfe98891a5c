"""Images by name and what a table of votes says of them: a listing."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from datasets.arrow.provenance import Omission
from datasets.classes import ordered
from datasets.errors import SourceError
from datasets.sources.label_tables.columns import NO_COLUMN
from datasets.sources.listing import Item, Listing
from datasets.sources.options import SourceOptions
from datasets.sources.path_splits import splits_of_paths
from datasets.sources.side_table import SideTable
from datasets.sources.trees import Tree, refusal
from datasets.sources.votes.choice import Images, Labels
from datasets.sources.votes.finding import is_companion, stem_of
from datasets.sources.votes.reading import Galaxy, Votes
from datasets.splits import Split
from datasets.wording import few

Galaxies = Mapping[str, Galaxy]
"""By their images' names."""
_MOST = 5
"""So many folders of images without a row are named each for itself."""


def listed(
    tree: Tree, labels: Labels, images: Images, rejected: Sequence[tuple[str, str]], options: SourceOptions
) -> Listing:
    """Join images and galaxies.

    With ``--keep-unlabelled`` the images whose votes are all known and meet no rule are kept, as of no class. Another
    image without a class, or of which the table says nothing, is left out; a galaxy with a class but without an image
    is rejected, unless most are such: they are counted then. Raises SourceError where no image has a class, or most
    may be several.
    """
    source, rules = labels.votes.source, labels.votes.source.rules
    classified = {stem: galaxy for stem, galaxy in labels.galaxies.items() if galaxy.label >= 0}
    labelled = {stem: classified[stem] for stem in images if stem in classified}
    if not labelled:
        expected = f"galaxies that meet the rules of {rules.origin} ({few(rules.classes)})"
        raise refusal(tree.path, expected, f"{len(images):,} images, and votes in {source.name} that meet none")
    _refuse_several(tree, labels, labelled, images)
    classes = ordered({rules.classes[galaxy.label] for galaxy in labelled.values()})
    numbers = {rules.classes.index(name): number for number, name in enumerate(classes)}
    stated = bool(labels.votes.split_column) and any(galaxy.split for galaxy in labelled.values())
    splits, splits_from = _splits(labels, labelled, images, options, stated=stated)
    items = [
        Item(images[stem][0], numbers[galaxy.label], images[stem][1], splits.get(stem), labels.votes.object_id(galaxy))
        for stem, galaxy in labelled.items()
    ]
    named = {images[stem][0] for stem in images if stem in labels.galaxies}
    unnamed = [(file, reason) for file, reason in rejected if file not in named]  # but by their folders
    unlabelled = _of_no_class(labels, images) if options.keep_unlabelled else ()
    absent, counted = _absent(labels, classified, labelled)
    kind = f", columns of {source.wording.name}" if source.wording.name else ""
    return Listing(
        classes,
        tuple(sorted(items, key=lambda item: (item.label, item.id))),
        (*unnamed, *_twice(labels, images), *absent),
        omitted=(*labels.passed, *_omitted(labels, images, {file for file, _ in unnamed}, kept=len(unlabelled))),
        labels_from=f"the votes in {source.name} by the rules of {rules.origin}{kind}",
        splits_from=splits_from,
        splits_stated=stated,
        galaxies_from="" if labels.votes.named is None else labels.votes.named.taken,
        notes=(*source.table.notes, *labels.notes, *_notes(labels.votes), *counted),
        side=SideTable((source.table,), {images[stem][0]: (0, galaxy.row) for stem, galaxy in labelled.items()}),
        unlabelled=unlabelled,
    )


def _refuse_several(tree: Tree, labels: Labels, labelled: Galaxies, images: Images) -> None:
    """Refuse sets of the same images, as those of two sizes are, of which the table's names may mean any."""
    further = {} if labels.by_path else {stem_of(path): path for name, (path, _) in images.items() if name == path}
    several = [stem for stem in labelled if stem in further and not is_companion(further[stem])]
    if 2 * len(several) > len(labelled):
        raise SourceError(
            f"'{tree.path}' cannot be imported: {len(several):,} of its images are there several times, such as "
            f"{images[several[0]][0]} and {further[several[0]]}, and {labels.votes.source.name} does not say which "
            "is meant: give a folder with the table and one set of the images"
        )


def _of_no_class(labels: Labels, images: Images) -> tuple[Item, ...]:
    """Return the images whose votes meet no rule. One without all votes may be of a class that they would say."""
    galaxies = {stem: labels.galaxies[stem] for stem in images if stem in labels.galaxies}
    items = [
        Item(images[stem][0], galaxy.label, images[stem][1], None, labels.votes.object_id(galaxy))
        for stem, galaxy in galaxies.items()
        if galaxy.label < 0 and galaxy.is_complete
    ]
    return tuple(sorted(items, key=lambda item: item.id))


def _twice(labels: Labels, images: Images) -> list[tuple[str, str]]:
    """Say of the images of two classes or splits that they have two."""
    reason = f"is in two rows of {labels.votes.source.name}, of two classes"
    pairs = [*((name, reason) for name in labels.votes.conflicting), *labels.votes.twice]
    return sorted((images[name][0], why) for name, why in pairs if name in images)


def _absent(labels: Labels, classified: Galaxies, labelled: Galaxies) -> tuple[list[tuple[str, str]], list[str]]:
    """Say of the galaxies without an image that it is not there; or how many they are, where most are."""
    absent = [stem for stem in classified if stem not in labelled]
    if len(absent) > len(labelled):  # a catalogue, of which some images are here
        return [], [f"{len(absent):,} galaxies of {labels.votes.source.name} have a class and no image here"]
    return [(stem, "the source has no image of it") for stem in absent], []


def _omitted(labels: Labels, images: Images, rejected: Collection[str], *, kept: int) -> list[Omission]:
    """Say which images have no class: those that meet no rule and are not kept, and by folder those without a row."""
    source = labels.votes.source
    unmet = sum(stem in labels.galaxies and labels.galaxies[stem].label < 0 for stem in images) - kept
    without = images.keys() - labels.galaxies.keys() - set(labels.votes.conflicting)
    unknown = [stem for stem in without if images[stem][0] not in rejected]
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
    notes += votes.notes
    if votes.incomplete:
        notes.append(f"{votes.incomplete:,} of {votes.rows:,} rows of {source.name} lack a value that the rules use")
    if source.unused:
        notes.append(f"{source.name} also has the columns of {few(source.unused)}, which decide nothing")
    return notes


def _splits(
    labels: Labels, labelled: Galaxies, images: Images, options: SourceOptions, *, stated: bool
) -> tuple[dict[str, Split | None], str]:
    """Return the split of each image and where it is from: a column that has some, or folders that are of several."""
    if stated:
        splits = {stem: galaxy.split for stem, galaxy in labelled.items()}
        return splits, f"the column '{labels.votes.split_column}' of {labels.votes.source.name}"
    if options.split_column == NO_COLUMN:
        return {}, ""
    by_path = splits_of_paths([images[stem][0] for stem in labelled], labels.votes.source.name)
    return {stem: by_path.get(images[stem][0]) for stem in labelled}, "the folders of the images" if by_path else ""
