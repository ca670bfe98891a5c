"""What holds for all five packages together."""

import importlib
import pkgutil
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ["cluster", "search", "trainer", "datasets", "ui"]


def test_layers_import_one_way() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_distribution_provides_our_names(package: str) -> None:
    assert set(packages_distributions()[package]) == {"galaxy-tuner"}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_there_and_no_module_hides_one(package: str) -> None:
    imported = importlib.import_module(package)
    for module in pkgutil.walk_packages(imported.__path__, f"{package}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in getattr(imported, "__all__", []):
        assert not isinstance(getattr(imported, name), ModuleType), name


@pytest.mark.parametrize("package", PACKAGES)
def test_public_names_are_declared_for_type_checkers_too(package: str) -> None:
    stub = ROOT / package / "__init__.pyi"
    text = (stub if stub.exists() else stub.with_suffix(".py")).read_text()
    declared = set(re.findall(r"\b(\w+) as \1\b", text))
    assert declared == set(getattr(importlib.import_module(package), "__all__", []))


def test_an_absent_name_is_an_attribute_error() -> None:
    import datasets

    with pytest.raises(AttributeError, match="module 'datasets' has no attribute 'absent'"):
        _ = datasets.absent


def test_a_home_that_cannot_be_imported_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "home.py").write_text("import json\njson.absent\n")
    (tmp_path / "mine" / "__init__.pyi").write_text("from .home import Thing as Thing\n")
    (tmp_path / "mine" / "__init__.py").write_text(
        "from datasets.public_names import attach_public_names\n"
        "__getattr__, __dir__, __all__ = attach_public_names(__name__, __file__)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError, match=r"mine\.Thing cannot be imported: .*absent"):
        _ = importlib.import_module("mine").Thing
