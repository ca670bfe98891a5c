"""Sources as strangers have them: what an earlier commit's import made of them, and what comes of them now.

    PYTHONPATH=tests python -m benchmarks.strangers.sources [--before COMMIT] [--show]

The sources are those of the contract of imports (`datasets_tests/test_sources_contract.py`), each image of which is
known. Each is imported in this process's Python, by the packages of the commit or those that are installed. Prints a
Markdown table, and with ``--show`` each source that was taken wrongly; exit status 1 if any is now.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.strangers.version import REPOSITORY, Version

# The last commit before sources were opened once.
_BEFORE = "139689a"
_COLUMNS = ("understood", "refused", "wrong, exit status 0", "traceback or hung", "no such option")
_PROGRAM = """
import json, os, signal, sys, tempfile, time
from pathlib import Path
import numpy as np
from datasets import Dataset, ImportOptions, Split, import_dataset
from datasets.errors import DatasetError
from datasets_tests.contract_inputs import SIDE, pixels
from datasets_tests.contract_archives import ARCHIVES
from datasets_tests.contract_class_folders import CLASS_FOLDERS
from datasets_tests.contract_inputs import Refused
from datasets_tests.contract_tables import TABLES

MODELS = np.stack([pixels(number) for number in range(64)]).reshape(64, -1).astype(float)

def outcome(given, place):
    source = given.make(place / "source")
    try:
        options = ImportOptions(**{"image_size": SIDE, "validation": 0.0, "test": 0.0} | dict(given.options))
    except TypeError:
        return "no such option"
    try:
        dataset = Dataset.open(import_dataset(source, place / "out", options).path)
    except DatasetError:
        return "refused"
    except Exception:
        return "traceback or hung"
    if isinstance(given.expected, Refused):
        return "wrong, exit status 0"
    found = {}
    for split in Split:
        rows = dataset.rows(split)
        for row, image in zip(rows.tolist(), dataset.take(rows)):
            distance = np.abs(MODELS - image.reshape(-1)).mean(axis=1)
            best = int(distance.argmin())
            known = distance[best] < 12 and best not in found
            found[best if known else -1 - row] = (dataset.classes[dataset.labels[row]], split)
    return "understood" if found == dict(given.expected.truth) else "wrong, exit status 0"

def apart(given):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with tempfile.TemporaryDirectory() as place:
            os.write(writing, outcome(given, Path(place)).encode())
        os._exit(0)
    os.close(writing)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
    signal.alarm(20)
    os.waitpid(child, 0)
    signal.alarm(0)
    with os.fdopen(reading) as pipe:
        return pipe.read() or "traceback or hung"

outcomes = {}
for kind, inputs in (("class folders", CLASS_FOLDERS), ("archives", ARCHIVES), ("tables and arrays", TABLES)):
    for name, given in inputs.items():
        outcomes[f"{kind}: {name}"] = apart(given)
print(json.dumps(outcomes))
"""


def outcomes(version: Version) -> dict[str, str]:
    """Import every source with a version; return what came of it by its kind and name."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _PROGRAM],
        cwd=tempfile.gettempdir(),  # not here, where the packages lie that are installed
        env={**os.environ, "PYTHONPATH": _path(version)},
        capture_output=True,
        text=True,
        check=True,
        timeout=900,
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _path(version: Version) -> str:
    return os.pathsep.join([*version.environment.values(), str(REPOSITORY / "tests")])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", default=_BEFORE, metavar="COMMIT")
    parser.add_argument("--show", action="store_true", help="name what was taken wrongly")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        columns = {"before": outcomes(Version.of(options.before, Path(folder))), "now": outcomes(Version.now())}
    lines = [f"| | {' | '.join(_COLUMNS)} |", f"| --- {'| --- ' * len(_COLUMNS)}|"]
    for name, found in columns.items():
        counts = Counter(found.values())
        lines.append(f"| {name} | {' | '.join(str(counts[column]) for column in _COLUMNS)} |")
    if options.show:
        for name, found in columns.items():
            lines += [f"{name}: {source}" for source, came in found.items() if came == _COLUMNS[2]]
    sys.stdout.write("\n".join([*lines, ""]))
    sys.exit(any(came == _COLUMNS[2] for came in columns["now"].values()))


if __name__ == "__main__":
    main()
