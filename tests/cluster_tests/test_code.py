"""Whether two machines run the same: a file, a user's space, a version that differs is named."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cluster.nodes import code
from cluster.nodes.code import code_identity
from search import own_sources, space_sources


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_space.py").write_text("import keras\nfrom parts import blocks\n")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "__init__.py").write_text("")
    (tmp_path / "parts" / "blocks.py").write_text("from . import layers\n")
    (tmp_path / "parts" / "layers.py").write_text("WIDTH = 1\n")
    (tmp_path / "parts" / "unused.py").write_text("")
    (tmp_path / "notes.py").write_text("raise SystemExit")
    return tmp_path


def test_a_space_is_its_module_and_what_that_imports_from_beside_it(space: Path) -> None:
    names = ["my_space.py", "parts/__init__.py", "parts/blocks.py", "parts/layers.py"]
    assert list(space_sources("my_space:build")) == names
    assert list(space_sources("parts.blocks:build")) == names[1:]
    assert space_sources("absent:build") == {}
    assert "sample/__init__.py" not in space_sources("imblearn:build")
    assert "imblearn/base.py" in space_sources("imblearn:build")


@pytest.mark.parametrize("folder", [".venv/lib/python3.11/site-packages", "checkout/.venv/site-packages", "packages"])
def test_what_is_installed_is_no_part_of_it_wherever_it_lies(
    folder: str, space: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an environment beside it, or by `pip install --target`: TensorFlow alone is deeper than Python recurses."""
    packages = space / folder
    (packages / "keras-3.dist-info").mkdir(parents=True)
    (packages / "keras.py").write_text("import own_tools\n")
    (packages / "own_tools.py").write_text("")
    monkeypatch.syspath_prepend(packages)
    assert list(space_sources("my_space:build")) == [
        "my_space.py",
        "parts/__init__.py",
        "parts/blocks.py",
        "parts/layers.py",
    ]


def test_what_it_imports_from_another_place_of_the_path_belongs_to_it_and_no_installed_one(
    space: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    lib, other = (tmp_path_factory.mktemp(name) for name in ("lib", "other"))
    for place in (lib, other):
        (place / "mine").mkdir()
        (place / "mine/heads.py").write_text(f"import json, yaml, numpy.linalg\nfrom layers import one\n# {place}\n")
        (place / "layers.py").write_text("import mine.heads\none = 1\n")
        (place / "numpy.py").write_text("")  # the one that is installed comes first
        (place / "json.py").write_text("")
        (place / "unused.py").write_text("")
    (space / "my_space.py").write_text("from parts import layers\nfrom mine import heads\nimport xml.dom\n")
    names = ["layers.py", "mine/heads.py", "my_space.py", "parts/__init__.py", "parts/layers.py"]
    found = []
    for place in (lib, other):
        with monkeypatch.context() as patch:
            patch.setattr(sys, "path", [*sys.path, str(place)])
            assert list(space_sources("my_space:build")) == names
            assert own_sources("my_space:build") == space_sources("my_space:build")
            found.append(code_identity.__wrapped__("my_space:build"))
    assert found[0].differences(found[1]) == ["another space mine/heads.py"]


@pytest.mark.parametrize("without", ["parts/__init__.py", "parts/more/__init__.py"])
def test_a_folder_of_modules_needs_no_init(without: str, space: Path) -> None:
    (space / "parts" / "more").mkdir()
    (space / "parts" / "more" / "__init__.py").write_text("")
    (space / "parts" / "more" / "heads.py").write_text("from ..layers import WIDTH\nfrom absent import nothing\n")
    (space / "parts" / "blocks.py").write_text("from .more import heads\nimport parts.more.heads\n")
    (space / without).unlink()
    expected = {"parts/blocks.py", "parts/layers.py", "parts/more/heads.py"}
    for reference, own in (("my_space:build", {"my_space.py"}), ("parts.blocks:build", set[str]())):
        assert expected | own <= space_sources(reference).keys()


@pytest.mark.parametrize("file", ["my_space.py", "parts/layers.py"])
def test_a_space_that_differs_is_named(file: str, space: Path) -> None:
    ours = code_identity.__wrapped__("my_space:build")
    assert ours.differences(code_identity.__wrapped__("my_space:build")) == []
    (space / file).write_text("WIDTH = 2\n")
    assert f"another space {file}" in ours.differences(code_identity.__wrapped__("my_space:build"))


@pytest.mark.parametrize("said", ["import heads_hub.models", "def build(hp):\n    from heads_hub import heads\n"])
def test_the_version_of_a_package_that_the_space_alone_needs_is_compared(
    said: str, space: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    (space / "parts/blocks.py").write_text(said)
    found = []
    for version in ("0.20", "0.21"):
        packages = tmp_path_factory.mktemp("site") / "site-packages"
        for name in ("heads_hub", "unused_hub"):
            (packages / name).mkdir(parents=True)
            (packages / name / "__init__.py").write_text("")
            metadata = packages / f"{name}-{version}.dist-info"
            metadata.mkdir()
            (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
            (metadata / "top_level.txt").write_text(name)
        with monkeypatch.context() as patch:
            patch.syspath_prepend(packages)
            found.append(code_identity.__wrapped__("my_space:build"))
    assert found[0].differences(found[1]) == ["heads-hub 0.21 instead of 0.20"]
    assert found[0].imported == {"heads-hub": "0.20"}
    assert found[0].differences(replace(found[1], imported={})) == []  # where a node lacks it, it may need none


def test_what_differs_of_the_project_is_named_and_little_of_much() -> None:
    ours = code_identity(None)
    assert {"datasets/classes.py", "datasets/sources/votes/rules/zhu.toml", "ui/cli/main.py"} <= ours.files.keys()
    assert ours.versions.keys() >= {"Python", "ray", "tensorflow", "keras"}
    older = replace(ours, versions={**ours.versions, "keras": "3.0"})
    assert ours.differences(older) == [f"keras 3.0 instead of {ours.versions['keras']}"]
    lesser = replace(ours, files=dict([*ours.files.items()][1:]))
    first = next(iter(ours.files))
    assert (ours.differences(lesser), lesser.differences(ours)) == ([f"no {first}"], [f"{first}, which is not here"])
    without = replace(ours, files={}, versions={})
    said = ours.differences(without)
    assert len(said) == 8
    assert said[3] == f"{len(ours.files) - 3} more files"
    assert "missing instead of" in said[4]


def test_only_what_every_lock_names_is_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "requirements.lock").write_text("keras==3 \\\n    --hash=x\npytest==9\n")
    (tmp_path / "requirements-gpu.lock").write_text("Keras[all]==3\nnvidia-nccl==2\n")
    monkeypatch.setattr(code, "_ROOT", tmp_path)
    assert [one.keys() for one in code._versions()] == [{"keras"}, set()]
    # `xml` is Python's own; what one lock names is of one kind of node.
    of_locks, of_users = code._versions({"keras", "pytest", "yaml", "xml", "absent"})
    assert (of_locks.keys(), of_users.keys()) == ({"keras"}, {"pyyaml"})


def test_of_a_version_that_is_installed_twice_the_first_on_the_path_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = tmp_path / "keras-0.0.1.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text("Metadata-Version: 2.1\nName: keras\nVersion: 0.0.1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert code_identity.__wrapped__(None).versions["keras"] == "0.0.1"
