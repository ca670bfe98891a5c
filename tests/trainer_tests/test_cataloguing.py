"""A table classified in parts: cut anywhere and begun again it is what it is without; nothing is answered twice."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from datasets import ImageError, ImageFile, SourceError
from trainer import AnswerTable, Catalogue, Classification, PartsError
from trainer.cataloguing import parts

COLUMNS = AnswerTable(("a", "b"))
OPTIONS = {"model": "m", "--crop": None}
ROWS = 10


class Stopped(Exception):
    """What ends a run anywhere."""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of images whose brightness is their row, but for one that is missing, one with a cell too few."""
    rows = [["id", "path", "note"]]
    for row in range(ROWS):
        Image.fromarray(np.full((4, 4, 3), row, np.uint8)).save(tmp_path / f"{row}.png")
        rows.append([f"{row:03d}", f"{row}.png", "=kept"])
    rows[4][1] = "absent.png"
    rows[6] = ["005"]
    with (tmp_path / "in.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return tmp_path / "in.csv"


class Answering:
    """Answers by an image's brightness; stops before the ``stop``-th image, and says which it was asked about."""

    def __init__(self, stop: int | None = None) -> None:
        self.stop, self.asked, self.first = stop, list[str](), 0

    def __call__(self, files: Iterator[ImageFile], first: int) -> Iterator[Classification]:
        self.first = first
        for number, file in enumerate(files):
            if number == self.stop:
                raise Stopped
            self.asked.append(file.name)
            try:
                content = file.read()
            except ImageError as error:
                yield Classification(file.name, None, None, (), str(error), None)
                continue
            assert isinstance(content, bytes)
            share = float(np.asarray(Image.open(io.BytesIO(content))).mean()) / 10
            yield Classification(file.name, "a", {"a": share, "b": 1 - share}, (), None, None, seen=False)


def run(table: Path, answering: Answering, target: str = "out.csv", **options: object) -> bytes:
    """Classify the table, and return what was written."""
    path = table.with_name(target)
    with Catalogue.opened(table, path, COLUMNS, {"decide": "accuracy"}, OPTIONS | options) as catalogue:
        assert catalogue.total == ROWS
        assert sum(map(len, catalogue.answered(answering))) == ROWS
        assert catalogue.done <= ROWS
        catalogue.write()
    return path.read_bytes()


def test_a_row_an_answer_and_a_bad_row_its_reason(table: Path) -> None:
    answering = Answering()
    run(table, answering)
    with table.with_name("out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == [f"{row:03d}" for row in range(ROWS)]
    assert [row["note"] for row in rows] == [*["=kept"] * 5, "", *["=kept"] * 4]
    assert (rows[3]["class"], rows[3]["error"]) == ("", "no such file")
    assert rows[5]["error"] == "expected 3 cells in this row, found 1"
    assert [row["probability_a"] for row in rows[7:]] == ["0.7", "0.8", "0.9"]
    assert json.loads(table.with_name("out.csv-metadata.json").read_text())["notes"] == [{"decide": "accuracy"}]
    assert not table.with_name("out.csv.parts").exists()


@pytest.mark.parametrize("stop", range(ROWS))
def test_a_run_that_was_cut_goes_on_where_it_was(table: Path, monkeypatch: pytest.MonkeyPatch, stop: int) -> None:
    monkeypatch.setattr("trainer.cataloguing.catalogue._ROWS", 2)
    monkeypatch.setattr(parts, "_ROWS", 4)
    everything, first, second = Answering(), Answering(stop), Answering()
    whole = run(table, everything, "whole.csv")
    with pytest.raises(Stopped):
        run(table, first)
    assert not table.with_name("out.csv").exists()
    assert run(table, second) == whole
    kept = stop - stop % 2  # what was handed on
    assert second.first == kept
    assert (len(second.asked), [*first.asked[:kept], *second.asked]) == (ROWS - kept, everything.asked)


def test_what_was_half_written_is_answered_again(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.cataloguing.catalogue._ROWS", 2)
    monkeypatch.setattr(parts, "_ROWS", 2)
    whole = run(table, Answering(), "whole.csv")
    with pytest.raises(Stopped):
        run(table, Answering(8))
    written = sorted(table.with_name("out.csv.parts").glob("*.arrow"))
    assert len(written) == 4
    written[1].write_bytes(written[1].read_bytes()[:-20])
    again = Answering()
    assert run(table, again) == whole
    assert len(again.asked) == ROWS - 2


@pytest.mark.parametrize(("change", "said"), [({"model": "n"}, "model"), ({"--crop": 0.5}, "--crop")])
def test_answers_of_something_else_are_not_gone_on_with(
    table: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, object], said: str
) -> None:
    monkeypatch.setattr("trainer.cataloguing.catalogue._ROWS", 2)
    with pytest.raises(Stopped):
        run(table, Answering(3))
    with pytest.raises(PartsError, match=rf"begun with another {said}: give the same command again"):
        run(table, Answering(), **change)
    table.write_text(table.read_text() + "\n")
    with pytest.raises(PartsError, match="begun with another table"):
        run(table, Answering())


def test_a_table_is_not_written_over_itself(table: Path) -> None:
    with pytest.raises(SourceError, match="found the table itself"):
        run(table, Answering(), table.name)
    (table.parent / "out").mkdir()
    with pytest.raises(SourceError, match="found a folder"):
        run(table, Answering(), "out")


def test_one_process_at_a_time(table: Path) -> None:
    opened = Catalogue.opened(table, table.with_name("out.csv"), COLUMNS, {}, OPTIONS)
    with opened, pytest.raises(PartsError, match="is in use: another command"):
        run(table, Answering())


def test_a_table_without_images_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("a,b\n1,2\n")
    with (
        pytest.raises(SourceError, match="expected a column that names images"),
        Catalogue.opened(tmp_path / "in.csv", tmp_path / "out.csv", COLUMNS, {}, OPTIONS) as catalogue,
    ):
        list(catalogue.answered(Answering()))
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_whoever_came_before_another_host_ends(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that hosts share may have locks that hold for one of them alone."""
    monkeypatch.setattr("trainer.cataloguing.catalogue._ROWS", 2)
    monkeypatch.setattr(parts, "_ROWS", 2)
    monkeypatch.setattr(parts, "_take", lambda lock, folder: None)
    whole = run(table, Answering(), "whole.csv")
    theirs = Answering(2)

    class Interrupted(Answering):
        def __call__(self, files: Iterator[ImageFile], first: int) -> Iterator[Classification]:
            for number, answer in enumerate(super().__call__(files, first)):
                if number == 4:
                    with pytest.raises(Stopped):
                        run(table, theirs)
                yield answer

    with pytest.raises(PartsError, match="this command's no longer: another command, on another host"):
        run(table, Interrupted())
    assert theirs.asked
    rest = Answering()
    assert run(table, rest) == whole
    assert rest.first > theirs.first
