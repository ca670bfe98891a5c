"""Names of classes: their order, when two of them are one class, and which spelling of it is kept."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

# Names with fewer letters are types, which their case tells apart: Sb and SB, cD and CD.
_LETTERS_OF_A_NAME = 4
# Written as a word of a longer name, a Hubble type keeps its case too: "SB galaxy" is barred, "Sb galaxy" need not be.
_HUBBLE_TYPE = re.compile("s[abcdm]{1,3}", re.IGNORECASE)
_DASHES = dict.fromkeys([*map(ord, "‐‑‒–—―−"), 0x00AD], "-")
_UNSEEN = dict.fromkeys([0x200B, 0x2060, 0xFEFF])
_SPACES = re.compile(r"[\s_]+")
# A dash behind a letter or digit and before a letter (edge-on), or between a word and a digit (type-2). Before a
# digit that is behind less than a word, or at an end, it is a sign: T-1, S0-.
_INNER_DASH = re.compile(r"(?<=[^\W_])(?:-+| -+ )(?=[^\W\d_])|(?<=[^\W\d_]{4})-(?=\d)")
_WORD = re.compile(r"[^\W\d_]+")


NONE_OF_THESE = "none of these"
"""What galaxies of none of the classes are called where they are counted: no class may have that name."""


def ordered(names: Iterable[str]) -> tuple[str, ...]:
    """Order class names by casefold, whatever the order of the source; equal ones by the names themselves."""
    return tuple(sorted(names, key=lambda name: (name.casefold(), name)))


def class_key(name: str) -> str:
    """Return what is equal for two names if they name one class.

    Names are one if they differ in nothing but separators (spaces, ``_``, a ``-`` inside) and the case of whole words:
    ``Edge_on``, ``edge-on``, ``EDGE ON``. A sign, a digit, or the case of a name under four letters tells classes
    apart: ``S0-`` and ``S0+``, ``-1`` and ``1``, ``Sb`` and ``SB``. Characters that Unicode writes in several ways
    (NFC or NFD, full width, the kinds of spaces and dashes) are the same.
    """
    plain = unicodedata.normalize("NFKC", name.translate(_DASHES)).translate(_DASHES | _UNSEEN)
    words = _INNER_DASH.sub(" ", _SPACES.sub(" ", plain).strip())
    if sum(map(str.isalpha, words)) < _LETTERS_OF_A_NAME:
        return words
    return unicodedata.normalize("NFC", _WORD.sub(_without_case, words))


def joined_spellings(names: Iterable[str] | Mapping[str, int]) -> dict[str, str]:
    """Choose one spelling for each class: the given names, each with the spelling that is kept of its class.

    Kept is the most frequent one, by the given counts or by how often ``names`` has it, and of those the first by
    `ordered`. What comes of it does not depend on the order of the names.
    """
    counts = Counter(names)
    kept: dict[str, str] = {}
    for name in sorted(ordered(counts), key=lambda name: -counts[name]):
        kept.setdefault(class_key(name), name)
    return {name: kept[class_key(name)] for name in ordered(counts)}


def class_mapping(names: Sequence[str], others: Sequence[str]) -> list[int | None]:
    """Find each class of ``names`` in ``others``: element i is the index there of ``names[i]``, None if it is absent.

    It is the same name, or else the only one that is one class with it by `class_key`.
    """
    same = {name: index for index, name in enumerate(others)}
    keys = [class_key(name) for name in others]
    spelled = {key: index for index, key in enumerate(keys) if keys.count(key) == 1}
    return [same.get(name, spelled.get(class_key(name))) for name in names]


def _without_case(word: re.Match[str]) -> str:
    """Fold a word that is all lower case, all upper case or capitalised; ``SBbc`` and ``dSph`` say something by it."""
    letters = word[0]
    whole = letters in {letters.lower(), letters.upper(), letters.capitalize()}
    return letters.casefold() if whole and not _HUBBLE_TYPE.fullmatch(letters) else letters
