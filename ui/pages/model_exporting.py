"""Making an exported model beside its bundle, in a process of its own: converters take memory and may crash."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from secrets import token_hex

from trainer import ExportedModel
from ui import wording

_SECONDS = 900.0


def make_export(model: str, wanted: ExportedModel, modules: Sequence[str]) -> str | None:
    """Run ``galaxy export`` and put what it makes in its place, instead of an older one; return why not, else None."""
    built = wanted.path.with_name(f".{wanted.path.name}.{token_hex(4)}")
    asked = ["export", model, "--format", wanted.format.value, "--output", str(built)]
    command = [sys.executable, "-P", "-m", "ui.cli.main", *asked, *wording.module_options(modules)]
    path = os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]))
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_SECONDS,
            stdin=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": path},
        )
        if done.returncode:
            said = done.stderr.strip().splitlines()
            return said[-1].removeprefix("galaxy: error: ") if said else f"it ended with status {done.returncode}"
        _remove(wanted.path)
        built.rename(wanted.path)
    except subprocess.TimeoutExpired:
        return f"it took longer than {_SECONDS / 60:.0f} minutes and was given up"
    except OSError as error:
        return f"cannot write {wanted.path}: {error.strerror}"
    finally:
        _remove(built)
    return None


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
