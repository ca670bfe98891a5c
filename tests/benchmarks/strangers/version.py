"""The versions of the project that a situation plays with: the one that is installed, and an earlier commit."""

import os
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
PACKAGES = ("cluster", "datasets", "search", "trainer", "ui")
# As an installation puts it there: this project's packages behind everything else, and none that it did not ask for.
_INSTALLED = """
import sys
from importlib.machinery import PathFinder

class Installed:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name in {packages!r}:
            return PathFinder.find_spec(name, [{root!r}])

class Absent:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name in {absent!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.path[:] = [place for place in sys.path if place != {now!r}]
sys.meta_path.insert(0, Absent)
sys.meta_path.append(Installed)
"""


@dataclass(frozen=True)
class Version:
    """A version of the project: the ``galaxy`` command of it, and the environment in which a Python finds it."""

    galaxy: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def now(cls) -> "Version":
        """Give the one that is installed here."""
        return cls((str(Path(sys.executable).with_name("galaxy")),))

    @classmethod
    def of(cls, reference: str, folder: Path) -> "Version":
        """Install a commit below ``folder``, with this environment's packages but those that came later.

        Raises subprocess.CalledProcessError where the repository does not have it.
        """
        archive = subprocess.run(
            ["git", "archive", reference], cwd=REPOSITORY, capture_output=True, check=True, timeout=60
        ).stdout
        with tarfile.open(fileobj=BytesIO(archive)) as files:
            files.extractall(folder / "code", filter="data")
        (folder / "installed").mkdir()
        # The one package that was added later for what is measured here.
        later = {"tensorboard"} if "tensorboard" not in (folder / "code" / "pyproject.toml").read_text() else set()
        (folder / "installed" / "sitecustomize.py").write_text(
            _INSTALLED.format(packages=PACKAGES, root=str(folder / "code"), absent=later, now=str(REPOSITORY))
        )
        (folder / "bin").mkdir()
        (folder / "bin" / "galaxy").write_text("from ui.cli.main import main\nmain()\n")
        path = {"PYTHONPATH": str(folder / "installed")}
        show = [sys.executable, "-c", "import cluster; print(cluster.__file__)"]
        found = subprocess.check_output(show, cwd=folder, env=os.environ | path, text=True, timeout=60)
        if not found.startswith(str(folder)):
            raise ImportError(f"expected the packages of {reference}, found {found.strip()}")
        return cls((sys.executable, str(folder / "bin" / "galaxy")), path)
