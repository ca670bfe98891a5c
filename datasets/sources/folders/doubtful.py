"""Folders among those of classes that are hardly meant as such: of samples, of masks, of images without a label."""

import re
import shlex
from collections.abc import Iterable

from datasets.arrow.provenance import Omission
from datasets.classes import class_key
from datasets.errors import SourceError
from datasets.images.archives import archive_stem, is_archive
from datasets.images.companions import COMPANION_FOLDERS, companions
from datasets.sources.folders.nodes import Node
from datasets.sources.options import SourceOptions
from datasets.splits import Split, split_named
from datasets.wording import few

_HARDLY_CLASSES = frozenset(
    {"all", "annotations", "annots", "assets", "backup", "docs", "demo", "demos", "example", "examples", "figures"}
    | {"extra", "extras", "images", "img", "imgs", "labels", "masks", "models", "output", "outputs", "pictures", "pred"}
    | {"predict", "predictions", "preds", "preview", "previews", "results", "sample", "sample_images", "samples"}
    | {"new folder", "screenshots", "thumbnails", "unlabeled", "unlabelled"}
)
"""Names of folders, in small letters, that are hardly those of classes."""
_NO_LABEL = frozenset({"unknown", "none", "data", "no_label", "nolabel"})
"""Further ones, where they are in a split of images to classify and not in that to train on."""
_PART = re.compile(
    r"(?:.*[\W_])?(?:archive|batch|block|chunk|dir|folder|images?|imgs?|part|shard|subset|tar|vol|volume)[\W_]*\d+",
    re.IGNORECASE,
)
"""A name of one of the parts that a large set is kept in."""
Placed = tuple[str, str, Split | None]
"""A file's path, the name of its class, and its split."""


def hardly_class(name: str) -> bool:
    """Say whether a name is hardly that of a class, nor of a split."""
    return name.casefold() in _HARDLY_CLASSES | COMPANION_FOLDERS and split_named(name) is None


def refuse_doubtful(source: str, root: Node, options: SourceOptions) -> None:
    """Refuse a folder that is hardly a class among those of classes, unless it is said that all are or it is none.

    Refused are also folders that are all called as parts of one set.
    """
    if options.format == "auto" and all(_PART.fullmatch(archive_stem(folder.name)) for folder in root.holding):
        raise SourceError(
            f"'{source}' has the folders {few([folder.shown(root) for folder in root.holding])}, which look like parts "
            "of one set: labels come from a table beside them, whose columns --label-column and --image-column name; "
            "or take them for classes with --format class-folders"
        )
    archives = [folder for folder in root.holding if is_archive(folder.path)]
    doubtful = [folder for folder in root.holding if hardly_class(folder.name) or split_named(folder.name)]
    doubtful += archives if len(archives) < len(root.holding) else []
    for folder in doubtful:
        if _asked(folder.name, options):
            raise SourceError(
                f"'{source}' has the folder {folder.shown(root)} among its class folders, which looks like none: "
                f"leave it out with {_dropping([folder.name])}, or take it for a class with --format class-folders"
            )


def trained(source: str, placed: list[Placed], options: SourceOptions) -> tuple[list[Placed], list[Omission]]:
    """Leave out what the splits have in folders of no class that is trained on, as `test/unknown/` has images.

    Raises SourceError where such a folder may be that of a class, unless it is said that all are or it is none.
    """
    names = {(name, split) for _, name, split in placed}
    classes = sorted(name for name, split in names if split is Split.TRAIN)
    if not classes:
        return placed, []
    known = {class_key(name) for name in classes}
    strange = {name for name, _ in names if class_key(name) not in known}
    unlabelled = {name for name in strange if _asked(name, options) and _says_no_label(name)}
    asked = sorted(name for name in strange - unlabelled if _asked(name, options))
    if asked:
        raise SourceError(
            f"'{source}' has images of {few(asked)} to validate or test on and none to train on (there are "
            f"{few(classes)}): name the folders alike, or leave them out with {_dropping(asked)}"
        )
    kept = [each for each in placed if each[1] not in unlabelled]
    counts = {name: sum(each[1] == name for each in placed) for name in sorted(unlabelled)}
    return kept, [
        Omission(f"{name}/ of the validation or test split", count, "no class of the training split: no labels")
        for name, count in counts.items()
    ]


def without_masks(placed: Iterable[Placed]) -> tuple[list[Placed], list[Omission]]:
    """Leave out masks, segmentations, weights and thumbnails, where a class has images beside them.

    They are the `companions` of an image, or lie in a folder of such ones.
    """
    files = list(placed)
    of_others = companions(path for path, *_ in files)
    folders = {(path.rpartition("/")[0], name) for path, name, _ in files}
    apart = {folder for folder in folders if _is_apart(*folder)}
    classes = {(name, split) for path, name, split in files if (path.rpartition("/")[0], name) not in apart}
    kept = [
        (path, name, split)
        for path, name, split in files
        if path not in of_others and not ((path.rpartition("/")[0], name) in apart and (name, split) in classes)
    ]
    left = len(files) - len(kept)
    return kept, [Omission("masks", left, "masks, weights or thumbnails of images beside them")] if left else []


def _is_apart(path: str, name: str) -> bool:
    """Say whether a folder is one of masks or the like below that of a class."""
    folders = [archive_stem(folder).strip() for folder in path.split("/")]
    last = name.rpartition("/")[2]
    inner = folders[folders.index(last) + 1 :] if last in folders else []
    return any(folder.casefold() in COMPANION_FOLDERS for folder in inner)


def _dropping(names: list[str]) -> str:
    """Return the options that leave out classes, as a shell takes them; of many the first."""
    words = [word for name in names[:3] for word in ("--drop-class", name)]
    return shlex.join(words) + (" and so on" if len(names) > 3 else "")


def _asked(name: str, options: SourceOptions) -> bool:
    return options.format == "auto" and class_key(name) not in map(class_key, options.drop_class)


def _says_no_label(name: str) -> bool:
    return hardly_class(name) or split_named(name) is not None or name.casefold() in _NO_LABEL
