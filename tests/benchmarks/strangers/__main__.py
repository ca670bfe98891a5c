"""Searches on a stranger's machine and with a stranger's space: what came of each before, and what comes of it now.

    PYTHONPATH=tests python -m benchmarks.strangers [--only WORDS] [--before COMMIT] [--json FILE]

Each situation plays in a folder of its own with a tiny dataset, by the real command; *before* is the same with
the code of a commit of this repository and the packages of this environment. Prints a Markdown table; exit status 1 if
anything is wrong now.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks.strangers import elsewhere, faults, folders, going_on, memory, models, moved, signals, values
from benchmarks.strangers.judging import Judgement, Verdict, unmeasured, wrong
from benchmarks.strangers.place import draw_dataset, place
from benchmarks.strangers.situation import Situation
from benchmarks.strangers.version import Version

from cluster import terminable

SITUATIONS = tuple(
    situation
    for module in (memory, signals, folders, moved, values, models, going_on, faults, elsewhere)
    for situation in module.SITUATIONS
)
# The last commit that none of these had been mended in.
_BEFORE = "cb2f937"


class Results:
    """What each situation came to in each version, kept in a file so that a table can be made by parts."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: dict[str, Any] = json.loads(path.read_text()) if path and path.exists() else {}

    def get(self, situation: Situation, column: str) -> Verdict | None:
        """Return what is known."""
        known = self._known.get(situation.title, {}).get(column)
        return known and Verdict(Judgement(known["judgement"]), known["said"])

    def add(self, situation: Situation, column: str, verdict: Verdict) -> None:
        """Keep what was found."""
        self._known.setdefault(situation.title, {})[column] = vars(verdict)
        if self._path:
            self._path.write_text(json.dumps(self._known, indent=1, ensure_ascii=False) + "\n")


def measure(situation: Situation, version: Version, origin: Path) -> Verdict:
    """Play a situation; what goes wrong in playing it is told as wrong, too."""
    with place(version, origin) as where:
        try:
            verdict = situation.play(where)
        except (OSError, ValueError, KeyError, TypeError, subprocess.SubprocessError) as error:
            verdict = wrong(f"could not be played: {type(error).__name__}: {error}")
        said = verdict.said.replace(f"{where.folder}/", "").replace(str(where.folder), "its folder")
        return replace(verdict, said=said)


def versions(before: str, folder: Path) -> dict[str, Version | None]:
    """Give both versions; no earlier one where the repository does not have it, or none is asked for."""
    earlier: Version | None = None
    if before != "none":
        try:
            earlier = Version.of(before, folder)
        except subprocess.CalledProcessError:
            sys.stderr.write(f"{before}: no such commit here (a shallow clone?): before is not measured\n")
    return {"before": earlier, "now": Version.now()}


def table(situations: list[Situation], results: Results) -> str:
    """Write all that is known as a Markdown table, and how often each judgement came."""
    lines = ["| | situation | before | now |", "| --- | --- | --- | --- |"]
    for number, one in enumerate(situations):
        kind = one.kind if number == 0 or situations[number - 1].kind != one.kind else ""
        cells = [str(results.get(one, column) or unmeasured("not asked for")) for column in ("before", "now")]
        lines.append(f"| {kind} | {one.title} | {cells[0]} | {cells[1]} |")
    counts = []
    for column in ("before", "now"):
        found = [verdict.judgement for one in situations if (verdict := results.get(one, column))]
        counts.append(f"{column}: " + ", ".join(f"{found.count(kind)} {kind}" for kind in Judgement if kind in found))
    return "\n".join([*lines, "", f"{len(situations)} situations", *counts, ""])


@terminable()
def main() -> None:
    """Play what is asked for and not known yet, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="situations whose heading or title has these words")
    parser.add_argument("--before", default=_BEFORE, help="the commit to compare with, or 'none'")
    parser.add_argument("--json", type=Path, help="keep what is found in this file, and play only what it lacks")
    given = parser.parse_args()
    chosen = [one for one in SITUATIONS if given.only.lower() in f"{one.kind} {one.title}".lower()]
    results = Results(given.json)
    with tempfile.TemporaryDirectory(prefix="strangers-") as folder:
        origin = Path(folder, "origin")
        draw_dataset(origin)
        known = versions(given.before, Path(folder))
        for one, (column, version) in product(chosen, known.items()):
            if version is not None and results.get(one, column) is None:
                results.add(one, column, verdict := measure(one, version, origin))
                sys.stderr.write(f"{column}: {one.title}: {verdict}\n")
    sys.stdout.write(table(chosen, results))
    found = [verdict.judgement for one in chosen if (verdict := results.get(one, "now"))]
    sys.exit(any(judgement in (Judgement.WRONG, Judgement.MISSING) for judgement in found))


if __name__ == "__main__":
    main()
