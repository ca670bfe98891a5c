import logging
import sys
from pathlib import Path

import pytest

from cluster.jobs.edited_code import refuse_if_edited, space_code, warn_if_edited
from datasets import open_folder
from search import SearchLayout, SpaceError


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "edited_layers.py").write_text("activation = 'relu'\n")
    (tmp_path / "edited_space.py").write_text(
        "import edited_layers\n\ndef build(hp): return edited_layers.activation\n"
    )
    for name in ("edited_space", "edited_layers"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


def test_full_trainings_of_code_that_was_edited_are_not_gone_on_with(module: Path) -> None:
    layout = SearchLayout(open_folder(module / "runs" / "first"))
    layout.training.write_whole("0000", b"of a version that noted nothing")
    refuse_if_edited(layout, "edited_space:build", None)
    layers = module / "edited_layers.py"
    layers.write_text("# Of the first kind.\n\n" + layers.read_text())
    refuse_if_edited(layout, "edited_space:build", None)
    layers.write_text("activation = 'gelu'\n")
    with pytest.raises(SpaceError, match=r"was edited since .*: undo the edit, or delete .*runs/first/training to"):
        refuse_if_edited(layout, "edited_space:build", None)
    assert layout.training.exists("0000")
    layout.training.delete_tree()
    refuse_if_edited(layout, "edited_space:build", None)
    layout.training.write_whole("0000", b"")
    refuse_if_edited(layout, "edited_space:build", None)


def test_a_search_goes_on_with_edited_code_and_says_so(module: Path, caplog: pytest.LogCaptureFixture) -> None:
    layout = SearchLayout(open_folder(module / "runs" / "first"))
    caplog.set_level(logging.WARNING)
    for text in ("'relu'", "'gelu'", "'gelu'"):
        (module / "edited_layers.py").write_text(f"activation = {text}\n")
        warn_if_edited(layout, "edited_space:build", None, begun=3)
    (said,) = caplog.messages
    assert "3 trials so far" in said


def test_an_object_that_is_given_is_known_by_its_modules(module: Path) -> None:
    build = __import__("edited_space").build
    before = space_code("<build>", build)
    assert before == space_code("edited_space:build", None)
    (module / "edited_layers.py").write_text("activation = 'gelu'\n")
    assert space_code("<build>", build) not in (before, None)
    assert space_code(None, None) is None
