"""Imports that are killed, or run out of disk, leave nothing that counts."""

import signal
import subprocess
import sys

import pytest

from datasets import Dataset, ImportOptions, StorageError, import_dataset
from datasets.storage import building
from datasets.storage.building import building_place
from datasets.storage.folders import open_folder

SMALL = ImportOptions(image_size=8)
SLOW_IMPORT = """
import sys, time
from datasets import ImportOptions, import_dataset
def wait(done, total):
    print("importing", flush=True)
    time.sleep(60)
import_dataset(sys.argv[1], sys.argv[2], ImportOptions(image_size=8), progress=wait)
"""
LIMITED_IMPORT = """
import resource, sys
from datasets import GalaxyTunerError, ImportOptions, import_dataset
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    import_dataset(sys.argv[1], sys.argv[2], ImportOptions(image_size=32))
except GalaxyTunerError as error:
    print(type(error).__name__, error)
"""


@pytest.fixture
def killed(make_source, tmp_path):
    """A folder in which an import to ``out`` was killed while it was decoding, and its source."""
    source, folder = make_source(a=20, b=20), tmp_path / "place"
    folder.mkdir()
    arguments = [sys.executable, "-c", SLOW_IMPORT, str(source), str(folder / "out")]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "importing\n"
        process.send_signal(signal.SIGKILL)
    return source, folder


def test_a_killed_import_is_not_a_dataset_and_the_next_one_sweeps_it_away(killed):
    source, folder = killed
    assert not (folder / "out").exists()
    assert len(list(folder.iterdir())) == 1
    info = import_dataset(source, folder / "out", SMALL)
    assert [path.name for path in folder.iterdir()] == ["out"]
    assert len(Dataset.open(info.path)) == 40


def test_an_import_that_still_runs_is_not_swept_away(make_source, tmp_path):
    with building_place(open_folder(tmp_path / "place" / "out")) as other:
        import_dataset(make_source(a=5, b=5), tmp_path / "place" / "out", SMALL)
        assert other.is_dir()
    assert [path.name for path in (tmp_path / "place").iterdir()] == ["out"]


def test_an_import_of_another_host_is_not_swept_away(make_source, tmp_path, monkeypatch):
    # A lock that another host holds is not seen here.
    monkeypatch.setattr(building, "_lock", lambda handle: True)
    with monkeypatch.context() as there:
        there.setattr(building, "_machine", lambda: ("h00000000", "k00000000"))
        theirs = building_place(open_folder(tmp_path / "place" / "out"))
        other = theirs.__enter__()
    import_dataset(make_source(a=5, b=5), tmp_path / "place" / "out", SMALL)
    assert other.is_dir()
    theirs.__exit__(None, None, None)


def test_imports_to_other_places_are_left_alone(make_source, tmp_path):
    stranger = tmp_path / "place" / ".outer.importing-12345678"
    stranger.mkdir(parents=True)
    import_dataset(make_source(a=5, b=5), tmp_path / "place" / "out", SMALL)
    assert stranger.is_dir()


def test_a_disk_that_is_full_is_one_line_and_leaves_nothing(make_source, tmp_path):
    source, folder = make_source(a=20, b=20), tmp_path / "place"
    arguments = [sys.executable, "-c", LIMITED_IMPORT, str(source), str(folder / "out")]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.startswith(f"StorageError cannot write '{folder / 'out'}': ")
    assert done.stdout.endswith("File too large\n")
    assert done.stdout.count("\n") == 1
    assert list(folder.iterdir()) == []


def test_a_small_disk_that_fills_up(tiny_source, small_disk):
    target = small_disk(200) / "out"
    with pytest.raises(StorageError, match=rf"^cannot write '{target}': (.*)No space left on device$") as caught:
        import_dataset(tiny_source, target, ImportOptions(image_size=32))
    assert "\n" not in str(caught.value)
    assert list(target.parent.iterdir()) == []
