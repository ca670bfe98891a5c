"""Who is in the middle of long work waits for a storage that is away, full or read-only; nobody else does."""

import errno
import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from datasets import Folder, StorageError, impatient, open_folder, patient, stop_waiting
from datasets.storage import conditional, folders, patience

if TYPE_CHECKING:
    from s3_server import S3Server

FAULTS = {
    "full": OSError(errno.ENOSPC, "No space left on device"),
    "read-only": OSError(errno.EROFS, "Read-only file system"),
    "away": OSError(errno.ENOTCONN, "Transport endpoint is not connected"),
    "slow": OSError(errno.ETIMEDOUT, "Connection timed out"),
    "refusing": PermissionError(errno.EACCES, "Permission denied"),
}


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_PAUSES", (0.01,))
    monkeypatch.setattr(patience, "_SAID_AFTER_SECONDS", 0.05)


class Broken:
    """A disk that refuses what it is asked, ``times`` times."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fault: OSError, times: int) -> None:
        self.left = times
        self._fault = fault
        real = folders.asked_locally
        monkeypatch.setattr(folders, "asked_locally", lambda call: self._ask(lambda: real(call)))

    def _ask(self, call: object) -> object:
        if self.left > 0:
            self.left -= 1
            raise self._fault
        return call()  # type: ignore[operator]


@pytest.mark.parametrize("verb", ["write_whole", "create", "read", "names", "exists", "delete", "delete_tree"])
@pytest.mark.parametrize("fault", FAULTS)
def test_what_was_refused_for_a_while_is_done_once_and_said_in_two_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, verb: str, fault: str
) -> None:
    folder = open_folder(tmp_path)
    folder.write_whole("there", b"before")
    Broken(monkeypatch, FAULTS[fault], 12)
    arguments = {"write_whole": ("a", b"x"), "create": ("a", b"x"), "read": ("there",), "delete": ("there",)}
    with patient():
        done = getattr(folder, verb)(*arguments.get(verb, ()))
    assert done == {"create": True, "read": b"before", "names": ["there"], "exists": True}.get(verb)
    if verb in ("write_whole", "create"):
        assert folder.read("a") == b"x"
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    first = f"The storage refuses ({FAULTS[fault].strerror}): waiting for it, up to 10 minutes: '{tmp_path}"
    assert caplog.messages[0].startswith(first)
    assert caplog.messages[1].startswith("The storage answers again, after ")


def test_a_blip_is_not_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    Broken(monkeypatch, FAULTS["away"], 1)
    with patient():
        open_folder(tmp_path).write_whole("a", b"x")
    assert caplog.messages == []


def test_several_that_wait_say_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder = open_folder(tmp_path)
    Broken(monkeypatch, FAULTS["away"], 60)
    with patient():
        threads = [threading.Thread(target=folder.write_whole, args=(f"{n}", b"x")) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(folder.names()) == 4
    assert len(caplog.messages) == 2


@pytest.mark.parametrize("fault", FAULTS)
def test_who_is_not_patient_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    broken = Broken(monkeypatch, FAULTS[fault], 2)
    with pytest.raises(StorageError, match=FAULTS[fault].strerror):
        open_folder(tmp_path).write_whole("a", b"x")
    with patient(), impatient(), pytest.raises(StorageError, match=FAULTS[fault].strerror):
        open_folder(tmp_path).write_whole("a", b"x")
    assert broken.left == 0


def test_patience_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Broken(monkeypatch, FAULTS["away"], 10**6)
    with patient(0.1), pytest.raises(StorageError, match="Transport endpoint is not connected"):
        open_folder(tmp_path).write_whole("a", b"x")
    with patient():
        threading.Timer(0.1, stop_waiting).start()
        with pytest.raises(StorageError, match="Transport endpoint is not connected"):
            open_folder(tmp_path).write_whole("a", b"x")


def test_what_is_an_answer_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with patient():
        with pytest.raises(FileNotFoundError):
            open_folder(tmp_path).read("absent")
        with pytest.raises(StorageError, match=r"Not a directory|File exists"):
            open_folder(tmp_path / "file").write_whole("a", b"x")
        with pytest.raises(StorageError, match="Is a directory"):
            open_folder(tmp_path.parent).read(tmp_path.name)


def test_whoever_may_not_go_on_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class LostError(Exception):
        pass

    def lost() -> None:
        raise LostError

    Broken(monkeypatch, FAULTS["away"], 3)
    with patient(root=str(tmp_path / "other"), check=lost):
        open_folder(tmp_path / "mine").write_whole("a", b"x")
    Broken(monkeypatch, FAULTS["away"], 3)
    with patient(root=str(tmp_path), check=lost), pytest.raises(LostError):
        open_folder(tmp_path / "mine").write_whole("b", b"x")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["a"]


class TestAnAnswerThatIsLost:
    """The write was made, and who asked does not know: the next try finds its own."""

    def test_on_s3(self, s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = open_folder(s3)
        real = folders.create_object
        answers = iter([OSError("Connection was closed before we received a valid response")])

        def create(uri: str, data: bytes) -> bool | None:
            done, error = real(uri, data), next(answers, None)
            if error is not None:
                raise error
            return done

        monkeypatch.setattr(folders, "create_object", create)
        with patient():
            assert folder.create("a", b"mine")
        assert not folder.create("a", b"another's")
        assert folder.read("a") == b"mine"

    def test_of_a_hard_link(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        real = os.link

        def link(*arguments: object, **options: object) -> None:
            real(*arguments, **options)  # type: ignore[arg-type]
            raise FileExistsError(errno.EEXIST, "File exists")

        monkeypatch.setattr(os, "link", link)
        assert open_folder(tmp_path).create("a", b"mine")
        monkeypatch.setattr(os, "link", real)
        assert not open_folder(tmp_path).create("a", b"another's")


class TestWithoutHardLinks:
    """A file is there whole or not at all on such file systems, too, whenever its writer is killed."""

    @pytest.fixture(autouse=True)
    def without(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        def link(*arguments: object, **options: object) -> None:
            raise OSError(errno.EPERM, "Operation not permitted")

        monkeypatch.setattr(os, "link", link)
        return iter(())

    @pytest.mark.parametrize("step", ["mkdir", "replace"])
    def test_killed_at_any_step_the_next_one_succeeds(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
    ) -> None:
        folder = open_folder(tmp_path)
        monkeypatch.setattr("datasets.storage.whole_files._CLAIM_SECONDS", 0.1)
        process = os.fork()
        if process == 0:
            real = getattr(os, step)
            setattr(os, step, lambda *arguments, **options: (real(*arguments, **options), os._exit(0)))
            folder.create("a", b"killed")
        os.waitpid(process, 0)
        wrote = folder.create("a", b"next")
        assert wrote == (step == "mkdir")
        assert folder.read("a") == (b"next" if wrote else b"killed")
        folder.sweep()
        assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_store_of_s3_s_kind_that_refuses_the_condition_is_asked_first(
    s3: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "is_conditional", lambda uri: False)
    monkeypatch.setattr(folders, "create_object", lambda uri, data: None)
    folder = open_folder(s3)
    assert folder.create("a", b"first")
    assert not folder.create("a", b"second")
    assert folder.read("a") == b"first"


@pytest.mark.parametrize("verb", ["write_whole", "create"])
def test_a_store_that_refuses_for_long_gets_the_file_once_it_takes_it(
    s3: str, s3_server: "S3Server", monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.setattr("datasets.storage.remote._PAUSES", (0.01, 0.01))
    folder = open_folder(s3)
    s3_server.refuse("PUT", 8)
    with patient():
        assert getattr(folder, verb)("a", b"x") in (None, True)
    assert s3_server.refusals_left == 0
    assert folder.read("a") == b"x"


def test_a_store_is_relied_on_once_it_has_refused_to_write_twice(
    s3: str, s3_server: "S3Server", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conditional, "_honours", {})
    folder, before = open_folder(s3), len(s3_server.requests)
    assert folder.create("a", b"first")
    assert [method for method, _ in s3_server.requests[before:]] == ["HEAD", "GET", "PUT", "PUT"]
    before = len(s3_server.requests)
    assert folder.create("b", b"first")
    assert not folder.create("b", b"second")
    assert [method for method, _ in s3_server.requests[before:]] == ["PUT", "PUT"]


def test_a_store_that_passes_the_condition_over_is_looked_at_first(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conditional, "_honours", {})
    monkeypatch.setattr(conditional, "_put", lambda root, path, data: bool(open_folder(s3).write_whole("a", data)) or 1)
    folder = open_folder(s3)
    assert folder.create("a", b"first")
    assert not folder.create("a", b"second")
    assert folder.read("a") == b"first"


def test_an_s3_server_that_says_nothing_is_given_up_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    monkeypatch.setattr("datasets.storage.remote._ANSWER_SECONDS", 1.0)
    monkeypatch.setattr("datasets.storage.remote._PAUSES", (0.0,))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "given")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        uri = f"s3://bucket/x?endpoint_override=127.0.0.1:{silent.getsockname()[1]}&scheme=http&region=us-east-1"
        began = time.monotonic()
        with pytest.raises(StorageError, match="NETWORK_CONNECTION"):
            Folder(uri).exists("a")
        # pyarrow by itself asks for 99 s.
        assert time.monotonic() - began < 40


def test_of_two_that_create_at_once_on_s3_one_does(s3: str) -> None:
    both = threading.Barrier(2, timeout=20)
    folder, won = open_folder(s3), list[bool]()

    real = folders.create_object

    def create(uri: str, data: bytes) -> bool | None:
        both.wait()  # each has looked and found nothing
        return real(uri, data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folders, "create_object", create)
        threads = [
            threading.Thread(target=lambda n=n: won.append(folder.create("a", b"%d" % n)))  # type: ignore[misc]
            for n in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(won) == [False, True]


@pytest.mark.parametrize(
    "fault",
    [
        PermissionError(errno.EACCES, "Permission denied"),
        OSError("AWS Error ACCESS_DENIED during HeadObject operation: No response body."),
        OSError("AWS Error INVALID_ACCESS_KEY_ID during PutObject operation: The AWS Access Key Id does not exist"),
        OSError("An error occurred (SignatureDoesNotMatch) when calling the PutObject operation"),
        OSError("AWS Error NO_SUCH_BUCKET during PutObject operation: The specified bucket does not exist"),
    ],
    ids=["path", "denied", "key", "secret", "bucket"],
)
def test_whom_the_storage_has_never_let_in_it_tells_so_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: OSError
) -> None:
    monkeypatch.setattr(patience, "_let_in", set())
    disk = Broken(monkeypatch, fault, 3)
    with patient(), pytest.raises(StorageError):
        open_folder(tmp_path).write_whole("a", b"x")
    assert disk.left == 2
