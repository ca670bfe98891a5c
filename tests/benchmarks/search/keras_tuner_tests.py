"""Keras Tuner's own tests of its oracles, with Keras Tuner's oracles and with ours in their place.

Run from the repository's root: ``python tests/benchmarks/search/keras_tuner_tests.py ../shared/peers/keras-tuner``, the
folder of ``bayesian_test.py`` and its like, as Keras Tuner's repository has them. Prints ``test | theirs | ours``; the
exit status is 1 if one that passes with theirs, and patches no internals of Keras Tuner, does not pass with ours.

The tests of `Oracle` itself have a stub that says what is proposed: each of ours is its base in turn. Each file runs in
a process of its own.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

# File → what of ours takes the place of what it tests: see the plugin.
FILES = {
    "bayesian_test.py": ("BayesianOracle",),
    "gridsearch_test.py": ("GridOracle",),
    "hyperband_test.py": ("HyperbandOracle",),
    "randomsearch_test.py": ("RandomOracle",),
    "oracle_test.py": ("TPEOracle", "BayesianOracle", "RandomOracle", "GridOracle", "HyperbandOracle"),
    "hyperparameters_test.py": ("TypedSpace",),
}
# They take a library away from a module of Keras Tuner's.
PATCHING = ("test_scipy_not_install_error", "test_sklearn_not_install_error")
PLUGIN = "keras_tuner_tests_plugin"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tests", type=Path)
    folder = parser.parse_args().tests.resolve()
    worse, passed = [], {}
    say("| test | theirs | ours |\n| --- | --- | --- |")
    for name, substitutes in FILES.items():
        theirs = outcomes(folder / name, "")
        for substitute in substitutes:
            ours = outcomes(folder / name, substitute)
            for test, outcome in theirs.items():
                say(f"| {name} {test}, {substitute} | {outcome} | {ours.get(test, 'absent')} |")
            kept = [test for test, outcome in theirs.items() if outcome == "passed" and test not in PATCHING]
            failing = [f"{name} {test}, {substitute}" for test in kept if ours.get(test) != "passed"]
            passed[f"{name}, {substitute}"] = f"{len(kept) - len(failing)} of {len(kept)}"
            worse += failing
    say("\nWith ours pass, of those that pass with theirs and patch nothing:")
    say("\n".join(f"{what}: {count}" for what, count in passed.items()))
    say("Worse with ours: " + ("; ".join(worse) or "none"))
    return 1 if worse else 0


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def outcomes(file: Path, substitute: str) -> dict[str, str]:
    """Run ``file`` with the class of ours called ``substitute``, or none; return test → outcome."""
    with tempfile.TemporaryDirectory() as place:
        written = Path(place) / "outcomes.json"
        command = [sys.executable, "-m", "pytest", "-q", "-p", PLUGIN, "-p", "no:cacheprovider", "-c", os.devnull]
        done = subprocess.run(
            [*command, "--rootdir", place, "--basetemp", f"{place}/tmp", "--import-mode=importlib", str(file)],
            cwd=place,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parent), "OURS": substitute, "OUTCOMES": str(written)},
            capture_output=True,
            text=True,
            check=False,
        )
        found: dict[str, str] = json.loads(written.read_text()) if written.exists() else {}
        if not found:
            sys.exit(f"{file}: its tests could not be run\n{done.stdout}{done.stderr}")
        return found


if __name__ == "__main__":
    sys.exit(main())
