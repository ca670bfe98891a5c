"""Names of classes that are numbers in a table: the legend, wherever it is."""

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from datasets.documents import once, read_json
from datasets.errors import SourceError
from datasets.sources.trees import Tree
from datasets.wording import few

LEGENDS = (
    *(
        "classes.txt",
        "class_names.txt",
        "classnames.txt",
        "labels.txt",
        "label_names.txt",
        "names.txt",
        "categories.txt",
    ),
    *("classes.json", "class_names.json", "labels.json", "label_names.json", "label_map.json", "class_map.json"),
    *(
        "classes.csv",
        "class_names.csv",
        "labels_map.csv",
        "label_map.csv",
        "class_map.csv",
        "label_names.csv",
        "class_dict.csv",
        "legend.csv",
    ),
    *("class_indices.json", "id2label.json", "idx_to_class.json", "class_to_idx.json", "class_dict.json"),
)
_PAIR = re.compile(r"\s*(-?\d+)\s*[\s:,;=\t]\s*(\S.*?)\s*")
_TURNED = re.compile(r"\s*(\S.*?)\s*[:,;=\t]\s*(-?\d+)\s*")
_INTEGER = re.compile(r"-?(?:0|[1-9]\d*)")
_WHOLE = re.compile(r"(-?\d+)\.0*")
_LARGEST = 2**20


@dataclass(frozen=True)
class Legend:
    """The names of numbers, and where they are from: ``classes.txt``."""

    names: Mapping[str, str]
    source: str


def whole(label: str) -> str:
    """Return a label without the decimals of a whole number: ``1.0`` is ``1``."""
    number = _WHOLE.fullmatch(label)
    return label if number is None else str(int(number[1]))


def are_integers(labels: Iterable[str]) -> bool:
    """Say whether all labels are whole numbers."""
    return all(_INTEGER.fullmatch(label) for label in labels)


def given_legend(option: str, labels: set[str]) -> Legend:
    """Read the option ``--legend``: ``0=spiral,1=edge-on``. Raises SourceError where a number has no name."""
    names = {}
    for part in option.split(","):
        number, sign, name = (text.strip() for text in part.partition("="))
        if not sign or not number or not name:
            raise SourceError(f"--legend: expected NUMBER=NAME,NUMBER=NAME, found '{part}'")
        names[number] = name
    lacking = sorted(labels - names.keys())
    if lacking:
        raise SourceError(f"--legend: the labels {few(lacking)} have no name in it")
    return Legend(names, "--legend")


def listed_legend(names: Sequence[str], labels: set[str], source: str) -> Legend | None:
    """Give the names of a list to numbers from 0, or from 1 where the last one is as large as the list is long.

    None where the list has not the names of all numbers, or may begin with 0 or with 1.
    """
    numbers = {int(label) for label in labels}
    if not numbers or min(numbers) < 0 or max(numbers) > len(names) or len(set(names)) != len(names):
        return None
    if 0 in numbers:
        first = 0
    elif len(names) in numbers:
        first = 1
    else:
        return None
    if max(numbers) - first >= len(names):
        return None
    return Legend({str(number + first): name for number, name in enumerate(names)}, source)


def legend_beside(tree: Tree, base: str, labels: set[str]) -> tuple[Legend | None, list[str]]:
    """Find a file of names beside a table that lies in the folder ``base`` of a tree, one that suits the labels.

    Returns the files that do not, too.
    """
    unfit: list[str] = []
    for folder in dict.fromkeys((base, "")):
        for name in LEGENDS:
            path = posixpath.join(folder, name)
            if tree.is_file or path in tree.files:
                text = tree.head(path, _LARGEST).decode("utf-8-sig", errors="replace")
                found = _from_json(text, labels, name) if name.endswith(".json") else _from_text(text, labels, name)
                if found is not None:
                    return found, unfit
                unfit += [name] if text.strip() else []
    return None, unfit


def _from_text(text: str, labels: set[str], source: str) -> Legend | None:
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    for pattern, number, name in ((_PAIR, 1, 2), (_TURNED, 2, 1)):
        pairs = [pattern.fullmatch(line) for line in lines]
        pairs = pairs[1:] if pairs and pairs[0] is None else pairs  # a header
        if pairs and all(pairs):
            return _covering({str(int(pair[number])): pair[name] for pair in pairs if pair}, labels, source)
    return listed_legend(lines, labels, source)


def _from_json(text: str, labels: set[str], source: str) -> Legend | None:
    try:
        document = read_json(text, hook=once)
    except ValueError:
        return None
    if isinstance(document, list) and all(isinstance(name, str) for name in document):
        return listed_legend(document, labels, source)
    if isinstance(document, dict) and all(isinstance(name, str) for name in document.values()):
        return _covering(document, labels, source)
    if isinstance(document, dict) and all(isinstance(number, int) for number in document.values()):
        return _covering({str(number): name for name, number in document.items()}, labels, source)
    return None


def _covering(names: Mapping[str, str], labels: set[str], source: str) -> Legend | None:
    return Legend(names, source) if labels <= names.keys() else None
