import contextlib
import ctypes
import os
import pickle
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from secrets import token_hex

import pytest
from shared_disk import share

from datasets import Folder, StorageError, open_folder, tells_secret
from datasets.storage import folders
from datasets.storage.building import building_place
from datasets.storage.fetching import files_of_a_kind, local_place
from datasets.storage.remote import ask, uninterrupted

KINDS = ["local", "shared", "s3", "gcs", "other"]


@pytest.fixture(params=KINDS)
def folder(request, tmp_path, monkeypatch):
    """A folder that does not exist yet: on the local disk, on a file system that hosts share, on object stores."""
    if request.param == "other":
        return open_folder(f"mock:///{token_hex(8)}/folder")
    if request.param in ("local", "shared"):
        if request.param == "shared":
            share(monkeypatch, tmp_path)
        return open_folder(tmp_path / "deep" / "folder")
    return open_folder(request.getfixturevalue(request.param))


class TestEveryStorage:
    """The contract, the same wherever a folder lies."""

    def test_what_is_written_is_read(self, folder):
        folder.write_whole("a.json", b"one")
        folder.write_whole("a.json", b"two")
        assert folder.read("a.json") == b"two"
        assert [folder.read("a.json", most=most) for most in (2, 3, 9)] == [b"tw", b"two", b"two"]

    def test_names_may_have_several_parts_and_odd_characters(self, folder):
        folder.write_whole("records/In between + 100 % #1?.json", b"x")
        assert folder.child("records").read("In between + 100 % #1?.json") == b"x"
        assert folder.child("records").names() == ["In between + 100 % #1?.json"]
        assert open_folder(folder.child("In between", "b").uri) == folder.child("In between").child("b")

    def test_an_absent_file_is_not_found(self, folder):
        with pytest.raises(FileNotFoundError):
            folder.read("a.json")

    def test_names_are_sorted_and_direct_children_only(self, folder):
        assert folder.names() == []
        for name in ("b", "a", "c/d"):
            folder.write_whole(name, b"")
        assert folder.names() == ["a", "b", "c"]

    def test_exists(self, folder):
        assert not folder.exists()
        folder.write_whole("a", b"")
        assert folder.exists()
        assert folder.exists("a")
        assert not folder.exists("b")

    def test_create_never_replaces(self, folder):
        assert folder.create("a", b"first")
        assert not folder.create("a", b"second")
        assert folder.read("a") == b"first"
        assert folder.names() == ["a"]

    def test_of_several_that_create_at_once_one_does(self, folder):
        with ThreadPoolExecutor(8) as pool:
            won = list(pool.map(lambda number: folder.create("lock", b"%d" % number), range(24)))
        if not folder.uri.startswith(("gs:", "mock:")):  # which have no such write
            assert sum(won) == 1
            assert folder.read("lock") == b"%d" % won.index(True)

    def test_a_file_says_when_it_was_written_on_one_clock_for_all(self, folder):
        if folder.uri.startswith("mock:"):
            pytest.skip("its clock stands still")
        for name in ("a", "b"):
            folder.write_whole(name, b"")
        assert 0 <= folder.modified("b") - folder.modified("a") < 60
        with pytest.raises(FileNotFoundError):
            folder.modified("c")

    def test_a_file_says_how_large_it_is(self, folder):
        folder.write_whole("a", b"12345")
        assert folder.size("a") == 5
        with pytest.raises(FileNotFoundError):
            folder.size("b")

    def test_delete_and_delete_tree_do_not_mind_absence(self, folder):
        folder.delete("a")
        folder.delete_tree()
        folder.write_whole("a", b"")
        folder.write_whole("b/c", b"")
        folder.delete("a")
        assert folder.names() == ["b"]
        folder.delete_tree()
        assert not folder.exists()

    def test_check_writable_leaves_nothing(self, folder):
        folder.check_writable()
        assert folder.names() == []

    def test_it_pickles_and_opens_again_by_its_uri(self, folder):
        folder.write_whole("a", b"x")
        for same in (pickle.loads(pickle.dumps(folder)), open_folder(folder.uri)):
            assert same == folder
            assert same.read("a") == b"x"

    @pytest.mark.parametrize("name", ["", "/a", "../a", "a/../../b"])
    def test_names_stay_in_the_folder(self, folder, name):
        with pytest.raises(ValueError, match="must be relative and stay in it"):
            folder.write_whole(name, b"")
        with pytest.raises(ValueError, match="must be relative and stay in it"):
            folder.child(name)


def test_a_plain_path_becomes_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert open_folder("runs/../other").uri == str(tmp_path / "other")
    assert open_folder(Path("~/runs")).uri == str(tmp_path / "home" / "runs")
    assert open_folder("runs").local == tmp_path / "runs"


def test_a_file_uri_is_a_plain_path():
    assert open_folder("file:///data/my%20runs/") == Folder("/data/my runs")


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("file://runs", "the host 'runs'"),
        ("file://data/runs", "the host 'data'"),
        ("FILE://", "none"),
        ("file://localhost", "the host 'localhost'"),
        ("file:///data/a?b", "write %3F for"),
        ("file:///data/runs#2", "in a name write %23 for it"),
        ("s3://bucket/runs#2", "in a name write %23 for it"),
        ("s3://bucket/a\nb", "in a name write %0A for it"),
    ],
)
def test_a_uri_that_would_lead_elsewhere_is_refused(uri, found):
    with pytest.raises(StorageError, match=r"^cannot open the storage ") as caught:
        open_folder(uri)
    assert found in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_uri_leads_to_odd_names_where_they_are_quoted():
    assert open_folder("file://localhost/data/runs%232%3F") == Folder("/data/runs#2?")
    assert open_folder("s3://b/runs%232?region=eu-west-1").child("a").uri == "s3://b/runs%232/a?region=eu-west-1"


def test_the_options_of_a_uri_are_kept_behind_the_names():
    folder = open_folder("s3://bucket/runs/?region=eu-west-1")
    assert folder.uri == "s3://bucket/runs?region=eu-west-1"
    assert folder.local is None
    assert folder.child("a b").uri == "s3://bucket/runs/a%20b?region=eu-west-1"


@pytest.mark.parametrize("uri", ["nowhere://bucket/runs", "s3://?region", "s3://[b/x"])
def test_an_unknown_kind_of_uri_is_one_line(uri):
    with pytest.raises(StorageError, match=r"^cannot open the storage '.*', expected a path or s3://") as caught:
        open_folder(uri)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "uri",
    [
        "s3://AK:S3CRET@bucket/runs?endpoint_override=127.0.0.1:1&scheme=http",
        "s3://bucket/runs?secret_key=S3CRET",
        "abfs://box:S3CRET@account.dfs.core.windows.net/runs",
        "gs://bucket/runs?access_token=S3CRET",
        "abfs://c@account.dfs.core.windows.net/runs?sv=2020&sig=S3CRET",
        "s3://AK:S3C/S3CRET@bucket/runs",
        "s3://bucket/runs?endpoint_override=http://me:S3CRET@host:9000",
    ],
)
def test_a_secret_in_a_uri_is_refused_and_not_said(uri):
    with pytest.raises(StorageError, match="expected no key, token or password in a URI") as caught:
        open_folder(uri)
    assert "S3CRET" not in str(caught.value)
    with pytest.raises(StorageError, match="expected no key") as caught:
        Folder(uri).read("a")
    assert "S3CRET" not in str(caught.value)


@pytest.mark.parametrize(
    "uri",
    ["hdfs://node:8020/me@home/a", "s3://bucket/a@2x.png?endpoint_override=127.0.0.1:9000", "hdfs://me@node:8020/a"],
)
def test_a_port_and_a_name_with_an_at_are_no_secret(uri):
    assert not tells_secret(uri)


@pytest.mark.parametrize("verb", ["write_whole", "create"])
def test_a_failed_write_leaves_what_was_there(tmp_path, monkeypatch, verb):
    folder = open_folder(tmp_path)
    if verb == "write_whole":
        folder.write_whole("a", b"old")

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match=r"^cannot write '.*/a': No space left on device$"):
        getattr(folder, verb)("a", b"new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == ({"a": b"old"} if verb != "create" else {})


class Interrupted:
    """A filesystem on which an interruption falls between the opening of a file and its writing."""

    def __init__(self, filesystem):
        self._filesystem = filesystem

    def __getattr__(self, name):
        return getattr(self._filesystem, name)

    @contextlib.contextmanager
    def open_output_stream(self, path):
        with self._filesystem.open_output_stream(path) as stream:
            signal.raise_signal(signal.SIGINT)
            yield stream


def test_a_file_that_is_being_written_elsewhere_is_whole_before_an_interruption_goes_on(monkeypatch):
    folder = open_folder(f"mock:///{token_hex(8)}")
    folder.write_whole("a", b"old")
    monkeypatch.setattr(folders, "ask", lambda uri, do: ask(uri, lambda system, path: do(Interrupted(system), path)))
    # A shell lets what runs in its background ignore it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            folder.write_whole("a", b"new")
    finally:
        signal.signal(signal.SIGINT, before)
    assert folder.read("a") == b"new"


def test_a_file_that_is_being_written_is_not_listed(tmp_path, monkeypatch):
    folder, seen = open_folder(tmp_path), []
    monkeypatch.setattr(os, "fsync", lambda handle: seen.append((list(tmp_path.iterdir()), folder.names())))
    folder.write_whole("a", b"x")
    on_disk, listed = seen[0]
    assert len(on_disk) == 1
    assert listed == []


def test_one_of_many_creators_wins(tmp_path):
    folder = open_folder(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda number: folder.create("lock", b"%d" % number), range(40)))
    assert sum(won) == 1
    assert folder.read("lock") == b"%d" % won.index(True)


def test_create_is_exclusive_where_there_are_no_hard_links(tmp_path, monkeypatch):
    def no_links(self, target):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", no_links)
    folder = open_folder(tmp_path)
    assert folder.create("a", b"first")
    assert not folder.create("a", b"second")
    assert folder.read("a") == b"first"
    assert folder.names() == ["a"]


def test_files_can_be_read_by_others(tmp_path):
    before = os.umask(0o022)
    try:
        open_folder(tmp_path).write_whole("a", b"")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644


class TestS3:
    """What is true of an object store alone."""

    @pytest.fixture
    def there(self, s3):
        folder = open_folder(s3)
        folder.write_whole("a", b"x")
        return folder

    def test_a_file_is_written_and_read_in_one_request_each(self, there, s3_server):
        before = len(s3_server.requests)
        there.write_whole("a", b"y" * 10**6)
        assert there.read("a") == b"y" * 10**6
        assert [method for method, _ in s3_server.requests[before:]] == ["PUT", "HEAD", "GET"]

    @pytest.mark.parametrize(
        ("method", "use"),
        [
            ("GET", lambda folder: folder.read("a")),
            ("GET", lambda folder: folder.names()),
            ("HEAD", lambda folder: folder.exists("a")),
            ("PUT", lambda folder: folder.write_whole("a", b"x")),
            ("DELETE", lambda folder: folder.delete("b")),
        ],
    )
    def test_a_busy_store_is_asked_again(self, there, s3_server, monkeypatch, method, use):
        monkeypatch.setattr("datasets.storage.remote._PAUSES", (0.0, 0.0))
        there.write_whole("b", b"")
        quiet = use(there)
        there.write_whole("b", b"")
        s3_server.refuse(method, 2)
        assert use(there) == quiet
        assert s3_server.refusals_left == 0
        assert there.read("a") == b"x"

    def test_a_store_that_stays_busy_is_one_line(self, there, s3_server, monkeypatch):
        monkeypatch.setattr("datasets.storage.remote._PAUSES", (0.0, 0.0))
        s3_server.refuse("GET", 100)
        with pytest.raises(StorageError, match=r"^cannot read 's3://.*/a.*': AWS Error ") as caught:
            there.read("a")
        s3_server.refuse("GET", 0)
        assert "\n" not in str(caught.value)

    def test_a_whole_bucket_is_not_deleted(self, s3_server):
        bucket = open_folder(s3_server.uri)
        bucket.write_whole("mine", b"x")
        with pytest.raises(StorageError, match="it is a whole bucket or container: name a folder in it"):
            bucket.delete_tree()
        assert bucket.read("mine") == b"x"
        bucket.delete("mine")

    def test_an_absent_bucket_is_not_asked_again(self, s3_server):
        before = len(s3_server.requests)
        with pytest.raises(StorageError, match="NO_SUCH_BUCKET"):
            open_folder(s3_server.uri.replace("galaxies", "nowhere")).write_whole("a", b"x")
        assert len(s3_server.requests) == before + 1


class TestAPlaceThatRefuses:
    """A folder below a regular file: even root cannot write there."""

    @pytest.fixture
    def refusing(self, tmp_path):
        (tmp_path / "file").write_text("mine")
        yield open_folder(tmp_path / "file" / "runs")
        assert (tmp_path / "file").read_text() == "mine"

    def test_every_way_to_write_says_where_and_why(self, refusing):
        for write in (lambda: refusing.write_whole("a", b""), lambda: refusing.create("a", b"")):
            with pytest.raises(StorageError, match=r"^cannot write '.*/file/runs/a': Not a directory$"):
                write()

    def test_check_writable_says_where_and_why(self, refusing):
        with pytest.raises(StorageError, match=r"^cannot write in '.*/file/runs': Not a directory$"):
            refusing.check_writable()

    def test_a_file_in_the_folder_s_place(self, refusing):
        folder = open_folder(Path(refusing.uri).parent)
        with pytest.raises(StorageError, match=r"^cannot write in '.*/file': (File exists|Not a directory)$"):
            folder.check_writable()

    def test_reading_says_so_too(self, refusing):
        with pytest.raises(StorageError, match=r"^cannot read '.*/file/runs/a': Not a directory$"):
            refusing.read("a")
        assert not refusing.exists("a")


def test_a_system_folder_that_takes_no_files():
    for write in (open_folder("/proc/runs").write_whole, open_folder("/proc/runs").create):
        with pytest.raises(StorageError, match=r"^cannot write '/proc/runs/a': "):
            write("a", b"")
    with pytest.raises(StorageError, match=r"^cannot write in '/proc/runs': "):
        open_folder("/proc/runs").check_writable()


@pytest.mark.parametrize("place", ["file://{}/made here", "~/made here", "{}/made here"])
def test_a_local_file_is_found_however_its_place_is_written(place, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "made here").mkdir()
    (tmp_path / "made here" / "a.csv").write_text("a")
    folder = place.format(tmp_path)
    with local_place(f"{folder}/a.csv") as file:
        assert file.read_text() == "a"
    for given in (folder, f"{folder}/a.csv"):
        assert [path.read_text() for path, _ in files_of_a_kind(given, ".csv")] == ["a"]


def test_the_home_of_nobody_is_a_folder_of_that_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert open_folder("~nobody-at-all/runs").uri == str(tmp_path / "~nobody-at-all" / "runs")


def test_an_empty_text_is_no_place():
    with pytest.raises(StorageError, match="expected a path or a URI, found an empty text"):
        open_folder("")


def test_a_building_that_fails_for_an_empty_container_leaves_it(monkeypatch, tmp_path):
    monkeypatch.setenv("GALAXY_CACHE", str(tmp_path))
    # The only filesystem of those without a server; a container is one folder deep in it, too.
    monkeypatch.setattr("datasets.storage.remote_verbs._WITH_BUCKETS", {"mock"})
    container = open_folder(f"mock:///{token_hex(8)}")
    container.check_writable()
    with pytest.raises(ZeroDivisionError), building_place(container):
        raise ZeroDivisionError
    assert container.exists()


def test_a_thread_that_is_ended_while_it_uploads_leaves_no_cut_file():
    """As `cluster.driving.health` ends the one that asks Ray, by an exception at its next step in Python."""
    began, written = threading.Event(), threading.Event()

    def upload():
        began.set()
        for _ in range(20):
            time.sleep(0.01)
        written.set()

    def run():
        with contextlib.suppress(SystemExit):
            uninterrupted(upload)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    began.wait()
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit))
    thread.join()
    assert written.wait(5)
