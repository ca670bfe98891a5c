"""What is written in a cluster file: keys that nobody knows, and places that are still the example's."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cluster.files.reading import ClusterFile
from cluster.nodes.checks import Check

# Addresses for documentation (RFC 5737) and names that belong to nobody; the files that we ship use no others.
PLACEHOLDER = re.compile(
    r"\b(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d+\b|\bmy-(?:bucket|project|profile|partition|class)\b|\bregistry\.example\b"
)
_COMMENT = re.compile(r"(?:^|\s)#(?!SBATCH|!).*")


def check_placeholders(file: ClusterFile) -> Check:
    """Look for what was to be changed, and was not; what comments say does not count."""
    lines = [_COMMENT.sub("", line) for line in file.text.splitlines()]
    left = {word: number for number, line in reversed([*enumerate(lines, 1)]) for word in PLACEHOLDER.findall(line)}
    if not left:
        return Check(file.name, "placeholders", ok=True, found="none left")
    found = ", ".join(f"{word} (line {number})" for word, number in sorted(left.items(), key=lambda item: item[1]))
    return Check(file.name, "placeholders", ok=False, found=found, advice="put your own in their place")


def unknown_key(key: str, place: str, known: Iterable[str]) -> str:
    """Say that nobody knows a key, with the nearest that somebody does."""
    near = difflib.get_close_matches(key, list(known), n=1, cutoff=0.5)
    return f"unknown key {place}{key}" + (f", the nearest known is {near[0]}" if near else "")


def texts(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text in a document with where it stands, as ``setup_commands.0``."""
    if isinstance(value, str):
        yield place.removesuffix("."), value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from texts(each, f"{place}{key}.")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from texts(each, f"{place}{number}.")
