"""A search in a notebook's cells: what they define reaches Ray's workers, and its display stays in its place."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import RichOutput, capture_output
from traitlets.config import Config
from ui_tests.fabricated import RECORDS, view

from datasets import Dataset, place_of
from search import TrialState, read_search
from ui.notebook import search_display
from ui.ranking import states

_IMPORTS = """
import keras
from cluster import run_search
from search import SearchSettings
from ui.notebook import search_display
"""
_SPACE = """
@keras.saving.register_keras_serializable()
class Loss(keras.losses.Loss):
    def call(self, true, predicted):
        return keras.losses.categorical_crossentropy(true, predicted)

side = 32

def build(hp):
    if hp.Choice("kind", ["fine", "raising"]) == "raising":
        raise ValueError("mine")
    model = keras.Sequential([
        keras.layers.Input((side, side, 3)),
        keras.layers.AveragePooling2D(8),
        keras.layers.Flatten(),
        keras.layers.Dense(5, activation="softmax"),
    ])
    model.compile("adam", Loss())
    return model
"""
_SEARCH = """
print("before")
with search_display() as watch:
    settings = SearchSettings(name="first", trials=2, epochs=1, concurrency=1, oracle="grid", scheduler="none")
    run_search("{dataset}", settings, hypermodel=build, watch=watch)
"""


class ZMQInteractiveShell(InteractiveShell):
    """What runs a notebook's cells, without the messages between it and the page: known by its name."""


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """Give a notebook without cells, whose `__main__` is the program's while it is open."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    shell = ZMQInteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    with shell.builtin_trap:
        yield shell
    shell.restore_sys_module_state()
    ZMQInteractiveShell.clear_instance()


def run(notebook: InteractiveShell, cell: str) -> tuple[str, list[RichOutput]]:
    """Run a cell where an event loop runs, as it does in a kernel; return what it printed and displayed."""

    async def main() -> None:
        notebook.run_cell(cell, store_history=True).raise_error()

    with capture_output() as captured:
        asyncio.run(main())
    return captured.stdout, captured.outputs


@pytest.mark.slow
def test_what_cells_define_is_searched_on_ray_and_shown_below_the_cell(
    notebook: InteractiveShell, tiny_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run(notebook, _IMPORTS)
    # Tune asks for it once, when it is imported, and then displays, and clears, what it likes.
    monkeypatch.setattr("ray.tune.progress_reporter.IS_NOTEBOOK", True)
    run(notebook, _SPACE)
    printed, shown = run(notebook, _SEARCH.format(dataset=tiny_dataset.info.path))
    assert {row.hyperparameters["kind"]: row.state for row in read_search("runs", "first").rows} == {
        "fine": TrialState.COMPLETED,
        "raising": TrialState.INFEASIBLE,
    }
    assert printed == "before\n"
    assert [output.update for output in shown] == [False] + [True] * (len(shown) - 1)
    assert len({output.transient["display_id"] for output in shown}) == 1
    assert "2 of 2 trials" in shown[-1].data["text/html"]


def test_a_display_is_html_with_text_beside_it(notebook: InteractiveShell) -> None:
    with capture_output() as captured, search_display() as watch:
        watch(view(RECORDS))
    first, middle, last = captured.outputs
    assert "checking the model, starting workers" in first.data["text/html"]
    assert (last.update, "<span style=" in last.data["text/html"]) == (True, True)
    assert "by trial 0002" in last.data["text/plain"]
    assert ("2/4" in middle.data["text/plain"], "2/4" in last.data["text/plain"]) == (True, False)
    assert states(view(RECORDS).counts) in last.data["text/plain"]


def test_elsewhere_it_is_what_the_command_shows(capsys: pytest.CaptureFixture[str]) -> None:
    with search_display() as watch:
        watch(view(RECORDS[:1]))
    out, err = capsys.readouterr()
    assert (out, err.split(":")[0]) == ("", "[1/6] trial 0001 completed")


def test_the_place_of_an_error_is_its_cell(notebook: InteractiveShell) -> None:
    cell = "def build(hp):\n    raise ValueError('mine')"
    notebook.run_cell(cell, store_history=True)
    with pytest.raises(ValueError, match="mine") as raised:
        notebook.user_ns["build"](None)
    assert place_of(raised.value) == "Cell In[1], line 2"


def test_of_a_cell_that_another_process_knows_the_line_is_known() -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        exec(compile("\n1 / 0", "/tmp/ipykernel_12/345.py", "exec"))
    assert place_of(raised.value) == "a notebook's cell, line 2"
