"""What sources with the volunteers' votes have in common: which table gives the labels, and images by name."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from datasets.arrow.provenance import Omission
from datasets.classes import ordered
from datasets.errors import SourceError
from datasets.sources.class_files import class_files
from datasets.sources.finding import Read
from datasets.sources.listing import Item, Listing
from datasets.sources.options import SourceOptions
from datasets.sources.side_table import SideTable
from datasets.sources.trees import Tree, refusal
from datasets.sources.vote_reading import Galaxy, Votes
from datasets.sources.vote_tables import VoteTable
from datasets.splits import Split, split_named
from datasets.wording import few

Images = Mapping[str, tuple[str, Read]]
"""(path, how to read it) by an image's name without folders and suffix."""


@dataclass(frozen=True)
class Labels:
    """What a table of votes says.

    Attributes:
        votes: it, read.
        galaxies: by their images' names.
        doubt: why its votes are none, or empty.
        passed: tables that were passed over for it.
    """

    votes: Votes
    galaxies: Mapping[str, Galaxy]
    doubt: str = ""
    passed: tuple[Omission, ...] = ()


Reader = Callable[[VoteTable], Labels]


def deciding(tree: Tree, tables: Sequence[VoteTable], images: Images, read: Reader, options: SourceOptions) -> Labels:
    """Return the table of votes that labels the images, or that of ``--table``, whatever is doubtful about it.

    Raises SourceError where none does, or several do and differ.
    """
    several: list[Labels] = []
    passed: list[Omission] = []
    for table in _named(tree, tables, options.table):
        labels = _read(table, read, alone=len(tables) == 1)
        if not images.keys() & labels.galaxies.keys():
            passed.append(Omission(table.name, 0, f"names no image here{_examples(labels.galaxies, images)}"))
        elif labels.doubt and options.table is None:
            passed.append(Omission(table.name, 0, labels.doubt))
        else:
            several.append(labels)
    if not images:
        found = f"{few([table.name for table in tables])} and no image: give the folder that holds both"
        raise refusal(tree.path, "a table of votes for the images beside it", found)
    if not several:
        found = "; ".join(f"{omission.what}: {omission.why}" for omission in passed)
        raise refusal(tree.path, "a table of votes for the images beside it", found)
    first, *others = several
    for other in others:
        if _labelled(other, images) != _labelled(first, images):
            ways = "; or ".join(f"--table {labels.votes.source.name}" for labels in several)
            raise SourceError(
                f"'{tree.path}' has {len(several)} tables of votes: say which gives the labels with {ways}"
            )
        passed.append(Omission(other.votes.source.name, 0, f"the same labels as {first.votes.source.name}"))
    return replace(first, passed=tuple(passed))


def refuse_class_folders(tree: Tree, form: str, options: SourceOptions) -> None:
    """Raise SourceError where the images lie in folders that may name their classes: votes or they may be meant.

    Names with numbers are those of parts of a survey, such as ``J075``.
    """
    if options.format != "auto" or options.classes is not None:
        return
    try:
        classes = class_files(tree, options, expected="class folders").classes
    except SourceError:
        return
    if len([name for name in classes if not any(map(str.isdecimal, name))]) > 1:
        raise SourceError(
            f"'{tree.path}' can be read in 2 ways: say which is meant with --format class-folders ({few(classes)}); "
            f"or --format {form}, whose classes are made of votes"
        )


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


def _read(table: VoteTable, read: Reader, *, alone: bool) -> Labels:
    try:
        labels = read(table)
    except SourceError as error:
        raise SourceError(f"{error}{'' if alone else '; or take another table with --table NAME'}") from error
    votes = labels.votes
    return replace(labels, doubt="all its rows are the same") if votes.rows > 1 and votes.distinct == 1 else labels


def _named(tree: Tree, tables: Sequence[VoteTable], given: str | None) -> Sequence[VoteTable]:
    if given is None:
        return tables
    chosen = [table for table in tables if f"/{table.table.name}".endswith(f"/{given}")]
    if not chosen:
        names = few([table.name for table in tables])
        raise SourceError(f"--table: '{tree.path}' has no table of votes '{given}': it has {names}")
    return chosen


def _labelled(labels: Labels, images: Images) -> dict[str, Galaxy]:
    return {stem: labels.galaxies[stem] for stem in images if stem in labels.galaxies}


def _examples(galaxies: Mapping[str, Galaxy], images: Images) -> str:
    one, other = next(iter(galaxies), None), next(iter(images.values()), None)
    return f" (a galaxy is '{one}', an image '{other[0]}')" if one and other else ""


def _omitted(labels: Labels, images: Images) -> list[Omission]:
    """Say which images have no class: those that meet no rule, and by their folder those without a row."""
    source = labels.votes.source
    unmet = sum(stem in labels.galaxies and labels.galaxies[stem].label < 0 for stem in images)
    unknown = images.keys() - labels.galaxies.keys() - set(labels.votes.conflicting)
    folders = Counter(_folder(images[stem][0]) for stem in unknown)
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
