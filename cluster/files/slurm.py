"""An sbatch script, before it is submitted: what Slurm says of it, without a job."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from cluster.files.reading import ClusterFile
from cluster.nodes.checks import Check

_SECONDS = 30
_HERE = "this machine"
_ROOT = Path(__file__).parents[2]


def check_slurm(file: ClusterFile) -> Iterator[Check]:
    """Ask Slurm whether and when it would run the script; `--test-only` submits nothing."""
    yield _environment()
    if shutil.which("sbatch") is None:
        advice = "give the command on a machine that submits jobs (a login node)"
        yield Check(_HERE, "sbatch", ok=False, found="not found", advice=advice)
        return
    try:
        done = subprocess.run(
            ["sbatch", "--test-only", str(file.path)], capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        yield Check(
            _HERE,
            "sbatch",
            ok=False,
            found=f"no answer within {_SECONDS} s",
            advice="is slurmctld up (`scontrol ping`)?",
        )
        return
    lines = [line.removeprefix("sbatch: ") for line in done.stderr.strip().splitlines()]
    if done.returncode == 0:
        yield Check(_HERE, "sbatch", ok=True, found=(lines or ["Slurm would take it"])[-1])
        return
    if any(line.startswith("fatal: ") for line in lines):
        advice = "give the command on a machine that submits jobs (a login node)"
        yield Check(_HERE, "sbatch", ok=False, found=lines[-1].removeprefix("fatal: "), advice=advice)
        return
    said = "; ".join(lines) or f"exit status {done.returncode}"
    partition = re.search(r"^#SBATCH\s+(?:-p|--partition)[=\s]+(\S+)", file.text, re.MULTILINE)
    if "partition" in said.casefold():
        found = f"there is no partition {partition[1]}" if partition else said
        yield Check(
            _HERE, "sbatch", ok=False, found=found, advice=f"take one of {', '.join(_partitions()) or '`sinfo`'}"
        )
        return
    yield Check(
        _HERE, "sbatch", ok=False, found=said, advice="correct the #SBATCH lines (`sinfo -Nl` says what the nodes have)"
    )


def _environment() -> Check:
    """Whether the checkout is set up: the nodes use it where it lies, on a file system that they share."""
    if (_ROOT / ".venv/bin/ray").exists():
        return Check(_HERE, "environment", ok=True, found=f"{_ROOT}/.venv, which all nodes must see there")
    advice = f"`make setup` in {_ROOT}, once, on a file system that all nodes share"
    return Check(_HERE, "environment", ok=False, found="not set up", advice=advice)


def _partitions() -> list[str]:
    done = subprocess.run(
        ["sinfo", "--noheader", "--format=%R"], capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    return sorted(set(done.stdout.split()))
