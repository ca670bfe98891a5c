"""Searches on several hosts while something happens to them: what was lost and repeated, and what was said.

    PYTHONPATH=tests python -m benchmarks.hosts [--only WORDS] [--json FILE]

All on one machine (`tests/hosts`): a launcher, a head, two workers, a host with the storage. Trials take a node each,
so that every node has one. Needs root, sshd, rsync and faketime. Prints a Markdown table; exit status 1 if anything is
not as it should be.
"""

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.hosts.cluster import cluster
from benchmarks.hosts.judging import Outcome
from benchmarks.hosts.scenarios import SCENARIOS
from hosts import LabError, missing

_HEADER = ["fault", "trials", "lost", "repeated", "falsely failed", "went on after", "lines", "remarks"]


def row(title: str, outcome: Outcome) -> str:
    """Write a row of the table."""
    seconds = "–" if outcome.seconds is None else f"{outcome.seconds:.0f} s"
    counts = [outcome.trials, *map(len, (outcome.lost, outcome.repeated, outcome.failed))]
    remarks = "; ".join([*(f"**{one[:160]}**" for one in outcome.faults[:3]), outcome.note]).strip("; ")
    cells = [title, *map(str, counts), seconds, str(len(outcome.lines)), remarks.replace("|", "\\|").replace("\n", " ")]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Play what is asked for, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--only", default=[""], action="append", help="scenarios whose title has these words, repeatable"
    )
    parser.add_argument("--json", type=Path, help="add what is found to this file, a line a scenario")
    given = parser.parse_args()
    if lacking := missing():
        sys.exit(lacking)
    chosen = [one for one in SCENARIOS if any(words.lower() in one.title.lower() for words in given.only[1:] or [""])]
    sound = True
    print(f"| {' | '.join(_HEADER)} |\n|{' --- |' * len(_HEADER)}")  # noqa: T201
    with cluster() as up:
        for one in chosen:
            try:
                played = one.play(up)
            except (LabError, TimeoutError, OSError, ValueError, KeyError) as error:
                played = Outcome(wrong=[f"could not be played: {type(error).__name__}: {error}"])
            for title, outcome in ({one.title: played} if isinstance(played, Outcome) else played).items():
                sound = sound and not outcome.faults
                print(row(title, outcome), flush=True)  # noqa: T201
                if given.json:
                    with given.json.open("a") as file:
                        file.write(json.dumps({"title": title, "load": os.getloadavg()[0], **asdict(outcome)}) + "\n")
    sys.exit(not sound)


if __name__ == "__main__":
    main()
