import logging
import sys
from pathlib import Path

import pytest
from search_tests import examples

from cluster.jobs.edited_code import refuse_if_edited, space_code, warn_if_edited
from datasets import open_folder
from search import Ledger, SearchLayout, SearchSettings, SpaceError, Value
from search.layout import CODE
from search.ledger.known_space import KnownSpace
from search.space.discovery import as_json, discover
from search.space.hypermodel import load_hypermodel


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


def refuse(layout: SearchLayout, wanted: dict[str, dict[str, Value]] = {}) -> None:  # noqa: B006
    settings = SearchSettings(name="first", hypermodel="edited_space:build")
    refuse_if_edited(layout, examples.specification(settings), None, wanted)


def test_full_trainings_of_code_that_was_edited_are_not_gone_on_with(module: Path) -> None:
    layout = SearchLayout(open_folder(module / "runs" / "first"))
    layout.training.write_whole("0000", b"of a version that noted nothing")
    refuse(layout)
    layers = module / "edited_layers.py"
    layers.write_text("# Of the first kind.\n\n" + layers.read_text())
    refuse(layout)
    layers.write_text("activation = 'gelu'\n")
    with pytest.raises(SpaceError, match=r"was edited since .*: undo the edit, or delete .*runs/first/training to"):
        refuse(layout)
    assert layout.training.exists("0000")
    layout.training.delete_tree()
    refuse(layout)
    layout.training.write_whole("0000", b"")
    refuse(layout)


_BUILD = """
import edited_layers

def build(hp):
    hp.Choice("batch_size", [16, 32])
    if hp.Boolean("deep"):
        hp.Int("{name}", 2, {most})
"""


def edit(module: Path, **changes: object) -> None:
    (module / "edited_space.py").write_text(_BUILD.format(**{"name": "units", "most": 8} | changes))
    sys.modules.pop("edited_space", None)


def test_a_training_of_code_that_was_edited_after_the_search_says_so_and_refuses_values_that_are_none_of_it_now(
    module: Path, caplog: pytest.LogCaptureFixture
) -> None:
    edit(module)
    layout = SearchLayout(open_folder(module / "runs" / "first"))
    warn_if_edited(layout, "edited_space:build", None, begun=0)
    space = discover(load_hypermodel("edited_space:build", input_shape=(8, 8, 3), num_classes=2))
    space.Int("units", 2, 8)  # as a trial has met it
    Ledger(layout).write_space(KnownSpace(hyperparameters=as_json(space)))
    wanted: dict[str, dict[str, Value]] = {
        "0003": {"batch_size": 16, "deep": True, "units": 7},
        "0004": {"batch_size": 16, "deep": False, "units": 2},
    }
    refuse(layout, wanted)
    assert caplog.messages == []
    edit(module, name="width")
    with pytest.raises(SpaceError, match=r"since trial 0003 was tried, and has no .* for what it had as units: "):
        refuse(layout, wanted)
    edit(module, most=5)  # a range says nothing of a network that is built from a value
    refuse(layout, wanted)
    (said,) = caplog.messages
    assert "the ranks are of what it built before" in said
    edit(module, name="width")
    Ledger(layout).write_space(KnownSpace(hyperparameters=as_json(space), earlier=("0003",)))  # it was accepted
    layout.root.write_whole(CODE, space_code("edited_space:build", None) or b"")
    with pytest.raises(SpaceError, match="what it had as units"):
        refuse(layout, wanted)


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
