"""Decoding in processes: the same as in threads, whatever becomes of them."""

import os
import pickle
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from datasets_tests import strange_reads
from datasets_tests.source_examples import EXAMPLES, listed_as

from datasets import Dataset, ImportOptions, SourceError, import_dataset
from datasets.errors import ImageError
from datasets.images import decoding as decoding_module, decoding_process
from datasets.images.decoding import decode_all
from datasets.images.decoding_process import DecodingProcess
from datasets.images.zips import Archive
from datasets.sources.listing import Item


@pytest.fixture
def processes(monkeypatch):
    """Have a few items decoded by two processes, whatever this machine has."""
    monkeypatch.setattr(decoding_module, "ITEMS_PER_PROCESS", 2)
    monkeypatch.setattr(decoding_module, "CHUNK", 4)
    monkeypatch.setattr(decoding_module, "usable_cpus", lambda: 2)


def decoded(reads):
    items = [Item(str(number), 0, read) for number, read in enumerate(reads)]
    return [one for chunk in decode_all(items, crop=1.0, image_size=8) for one in chunk]


def is_gone(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def eventually(condition) -> bool:
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(condition())


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_source_gives_the_same_by_processes_as_by_threads(name, tmp_path, monkeypatch, request):
    source = EXAMPLES[name].make(tmp_path / "source")
    options = ImportOptions(image_size=16, format=EXAMPLES[name].format)
    expected = import_dataset(source, tmp_path / "by-threads", options)
    request.getfixturevalue("processes")
    used = []
    ask = decoding_module.DecodingProcess._ask
    monkeypatch.setattr(decoding_module.DecodingProcess, "_ask", lambda *of: used.append(reply := ask(*of)) or reply)
    found = import_dataset(source, tmp_path / "by-processes", options)
    assert replace(found, path=expected.path) == expected
    assert list(Dataset.open(found.path).ids) == list(Dataset.open(expected.path).ids)
    there, here = (tmp_path / f"by-{name}" / "quarantine.csv" for name in ("processes", "threads"))
    assert there.read_bytes() == here.read_bytes()
    assert used
    assert all(isinstance(reply, list) for reply in used)


@pytest.mark.parametrize("name", ["galaxy10 sdss", "zip of class folders"])
def test_what_is_listed_pickles_small_and_opens_a_file_once(name, tmp_path):
    listing = listed_as(EXAMPLES[name].format, EXAMPLES[name].make(tmp_path / "source"))
    first, second = (pickle.loads(pickle.dumps(item.read)) for item in listing.items[:2])
    assert first.func.__self__ is second.func.__self__
    assert len(pickle.dumps([item.read for item in listing.items])) < 100 * len(listing.items)
    assert bytes(first()) == bytes(listing.items[0].read())


@pytest.fixture
def stored(tmp_path):
    """A zip of a member that is stored as it is and one that is not, with something before them as in a program."""
    path = tmp_path / "stored.zip"
    path.write_bytes(b"MZ" * 50)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("ä/stored.jpg", b"pixels" * 100)
        archive.writestr("packed.jpg", b"pixels" * 100, zipfile.ZIP_DEFLATED)
    return Archive(path)


def test_a_member_that_is_stored_as_it_is_is_read_without_the_index(stored, monkeypatch):
    reads = [pickle.loads(pickle.dumps(stored.reader(name))) for name in ("ä/stored.jpg", "packed.jpg")]
    assert [read() for read in reads] == [b"pixels" * 100] * 2
    reads[0].func.__self__._handles.__dict__.clear()
    monkeypatch.setattr(zipfile, "ZipFile", None)
    assert reads[0]() == b"pixels" * 100
    with pytest.raises(ImageError, match="damaged in the archive"):
        reads[1]()


def test_a_stored_member_that_is_not_what_it_was_is_not_used(stored):
    read = stored.reader("ä/stored.jpg")
    content = stored.path.read_bytes()
    stored.path.write_bytes(content.replace(b"pixelspixels", b"pixelsPixels", 1))
    with pytest.raises(ImageError, match=r"^damaged in the archive: Bad CRC-32"):
        read()


def test_an_archive_that_is_gone_is_the_reason_for_its_images(tmp_path):
    with pytest.raises(ImageError, match=r"^the archive cannot be read: No such file"):
        pickle.loads(pickle.dumps(Archive(tmp_path / "gone.zip"))).read("a")


def test_two_processes_are_used_and_end_with_the_work(processes, tmp_path):
    results = decoded([partial(strange_reads.process_id, tmp_path)] * 400)
    assert [item.id for item, _ in results] == [str(number) for number in range(400)]
    assert {one.reason for _, one in results} == {"empty file"}
    ids = {int(path.name) for path in tmp_path.iterdir()}
    assert len(ids) == 2
    assert os.getpid() not in ids
    assert all(map(is_gone, ids))


def test_few_items_are_decoded_here(tmp_path):
    decoded([partial(strange_reads.process_id, tmp_path)] * 40)
    assert [path.name for path in tmp_path.iterdir()] == [str(os.getpid())]


def test_reads_that_cannot_be_handed_over_are_decoded_here(processes):
    read = []
    decoded([lambda: read.append(0) or b""] * 20)
    decoded([strange_reads.fine, *[lambda: read.append(0) or b""] * 20])
    assert len(read) == 40


def test_an_error_comes_back_as_it_is_with_its_traceback(processes):
    with pytest.raises(KeyError, match="a defect") as caught:
        decoded([*[strange_reads.fine] * 9, strange_reads.defect])
    assert "in defect" in caught.value.__notes__[0]
    with pytest.raises(RuntimeError, match=r"(?s)could not be decoded.*in awkward.*Awkward: a defect"):
        decoded([*[strange_reads.fine] * 9, strange_reads.awkward])


def test_a_process_that_is_killed_once_costs_nothing(processes, tmp_path):
    reads = [*[strange_reads.fine] * 9, partial(strange_reads.crash_once, tmp_path / "mark"), strange_reads.fine]
    assert [one.reason for _, one in decoded(reads)] == ["empty file"] * 11
    assert (tmp_path / "mark").exists()


def test_an_image_that_crashes_its_process_is_named(processes):
    with pytest.raises(SourceError, match=r"^'9' cannot be imported: .* ended twice \(SIGSEGV\); take ") as caught:
        decoded([*[strange_reads.fine] * 9, strange_reads.crash, strange_reads.fine])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("status", [0, 3])
def test_an_image_that_ends_its_process_is_named_with_the_status(processes, status):
    with pytest.raises(SourceError, match=rf"^'1' cannot be imported: .* ended twice \(status {status}\); take "):
        decoded([strange_reads.fine, partial(strange_reads.leave, status), *[strange_reads.fine] * 9])


def test_a_process_that_was_killed_between_two_chunks_is_started_anew(tmp_path):
    process = DecodingProcess(crop=1.0, image_size=8)
    items = [Item("a", 0, partial(strange_reads.process_id, tmp_path))]
    process.decode(items)
    [first] = [int(path.name) for path in tmp_path.iterdir()]
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: is_gone(first))
    assert process.decode(items * 5000)[-1].reason == "empty file"  # more than the pipe holds
    assert len(list(tmp_path.iterdir())) == 2
    process.kill()
    process.close()
    assert not [path for path in tmp_path.iterdir() if Path("/proc", path.name).exists()]


def test_a_process_that_was_killed_for_ever_is_not_started_anew(tmp_path):
    process = DecodingProcess(crop=1.0, image_size=8)
    process.kill()
    with pytest.raises(Exception, match=r"^killed$"):
        process.decode([Item("a", 0, strange_reads.fine)])


@pytest.mark.parametrize("program", [None, "true", "echo what is this; exec sleep 600"])
def test_without_an_interpreter_it_is_done_here(processes, monkeypatch, tmp_path, program):
    interpreter = tmp_path / "python"
    if program is not None:
        interpreter.write_text(f"#!/bin/sh\n{program}\n")
        interpreter.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(interpreter))
    started, start = [], decoding_process._interpreter
    monkeypatch.setattr(decoding_process, "_interpreter", lambda: started.append(0) or start())
    assert len(decoded([strange_reads.fine] * 30)) == 30
    assert 1 <= len(started) <= 2


def test_who_takes_no_more_leaves_no_process(processes, tmp_path):
    reads = [*[strange_reads.fine] * 8, *[partial(strange_reads.wait, tmp_path, 600)] * 200]
    chunks = decode_all([Item(str(n), 0, read) for n, read in enumerate(reads)], crop=1.0, image_size=8)
    next(chunks)
    assert eventually(lambda: len(list(tmp_path.iterdir())) == 2)
    chunks.close()
    assert all(is_gone(int(path.name)) for path in tmp_path.iterdir())


SCRIPT = """
import sys
from datasets.images import decoding
from datasets.sources.listing import Item
from functools import partial
from pathlib import Path
from datasets_tests import strange_reads

def mine():
    return b""

decoding.ITEMS_PER_PROCESS, decoding.CHUNK, decoding.usable_cpus = 2, 4, lambda: 2
slow = partial(strange_reads.wait, Path(sys.argv[-1]), 0.1)
reads = {"own": [mine] * 20, "chatter": [strange_reads.chatter] * 20, "slow": [slow] * 10_000}[sys.argv[1]]
items = [Item(str(number), 0, read) for number, read in enumerate(reads)]
print(sum(len(chunk) for chunk in decoding.decode_all(items, crop=1.0, image_size=8)))
"""


def run_script(tmp_path, *arguments):
    """Start a script without a main guard, in a folder whose ``datasets`` is not ours, as a terminal does."""
    (tmp_path / "datasets.py").write_text("raise ImportError('not ours')")
    (tmp_path / "script").mkdir()
    (tmp_path / "script" / "script.py").write_text(SCRIPT)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(str(Path(__file__).parents[level]) for level in (2, 1))}
    return subprocess.Popen(
        [sys.executable, str(tmp_path / "script" / "script.py"), *arguments],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
        # Tests that run in the background of a script have Ctrl-C ignored, and their children would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def test_a_script_without_a_main_guard_can_import(tmp_path):
    with run_script(tmp_path, "own") as script:
        assert script.communicate(timeout=120) == ("20\n", "")


def test_what_a_decoder_prints_is_no_reply_and_not_in_the_output(tmp_path):
    with run_script(tmp_path, "chatter") as script:
        out, err = script.communicate(timeout=120)
    assert out == "20\n"
    assert (err.count("to stdout"), err.count("to its descriptor")) == (20, 20)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_or_killed_import_leaves_no_process(number, tmp_path):
    marks = tmp_path / "marks"
    marks.mkdir()
    with run_script(tmp_path, "slow", str(marks)) as script:
        assert eventually(lambda: len(list(marks.iterdir())) == 2)
        workers = [int(path.name) for path in marks.iterdir()]
        assert script.pid not in map(os.getpgid, workers)  # else Ctrl-C would have them print a traceback each
        os.killpg(script.pid, number)
        _, err = script.communicate(timeout=60)
    assert script.returncode == -number
    assert eventually(lambda: all(map(is_gone, workers)))
    assert err.count("Traceback") == (number == signal.SIGINT)
