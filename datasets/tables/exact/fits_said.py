"""What is said of all rows of a table by those who classified it, in the header of a FITS table."""

from collections.abc import Mapping
from itertools import count, takewhile
from typing import Any

from datasets.tables.exact.names import in_ascii

SAID_OF_ANSWERS = {
    "model": "GTMODEL",
    "model_mark": "GTMARK",
    "dataset_fingerprint": "GTPRINT",
    "decide": "GTDECIDE",
    "decide_factors": "GTFACTOR",
    "max_error": "GTMAXERR",
    "interim": "GTINTER",
    "program": "GTPROG",
}
"""What is said of answers, and its card. With something before it a key has cards of its own, `GTKEY1`, `GTVAL1` …"""
_KEY, _VALUE = "GTKEY", "GTVAL"


def say_in_header(header: Any, about: Mapping[str, str]) -> None:
    """Add what is said of answers to a header, in ASCII; headers have no place for what else is said of rows."""
    numbers = (number for number in count(1) if f"{_KEY}{number}" not in header)
    for key, value in about.items():
        if key in SAID_OF_ANSWERS:
            header[SAID_OF_ANSWERS[key]] = in_ascii(value)
        elif key.endswith(tuple(SAID_OF_ANSWERS)):
            number = next(numbers)
            header[f"{_KEY}{number}"], header[f"{_VALUE}{number}"] = in_ascii(key), in_ascii(value)


def said_in_header(header: Any) -> dict[str, str]:
    """Return what a header says so; keys and texts are in ASCII."""
    said = {key: str(header[card]) for key, card in SAID_OF_ANSWERS.items() if card in header}
    for number in takewhile(lambda number: f"{_KEY}{number}" in header, count(1)):
        said[str(header[f"{_KEY}{number}"])] = str(header.get(f"{_VALUE}{number}", ""))
    return said
