"""What browsers send stays in memory and within limits: nothing of it is in the temporary folder."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette import formparsers
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from ui.predictions.keeping import KeepLimits
from ui.web.receiving import limit_received

MB = 2**20


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formparsers, "SpooledTemporaryFile", formparsers.SpooledTemporaryFile)
    monkeypatch.setattr(MemoryUploadedFileManager, "add_file", MemoryUploadedFileManager.add_file)
    limit_received(KeepLimits(visitor=3 * MB, everyone=5 * MB))


def received(size: int) -> int:
    """Receive a file of so many bytes as Starlette does; return its size."""

    async def stream() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
        for _ in range(size // MB):
            yield bytes(MB)
        yield b"\r\n--x--\r\n"

    async def parse() -> int:
        headers = Headers({"content-type": "multipart/form-data; boundary=x"})
        upload = (await formparsers.MultiPartParser(headers, stream()).parse())["file"]
        assert not isinstance(upload, str)
        size = len(await upload.read())
        await upload.close()
        return size

    return asyncio.run(parse())


def test_nothing_that_is_sent_is_written_to_the_disk(
    limited: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none such"))
    assert [received(4 * MB) for _ in range(4)] == [4 * MB] * 4  # what has been received is given back


def test_more_than_there_may_be_is_refused_while_it_comes(limited: None) -> None:
    with pytest.raises(HTTPException, match="Too much is being uploaded at once"):
        received(6 * MB)
    assert received(4 * MB) == 4 * MB


def test_what_waits_for_a_page_is_counted_by_visitor_and_in_all(limited: None) -> None:
    manager = MemoryUploadedFileManager("/upload")

    def add(session: str, size: int, number: int = 0) -> None:
        manager.add_file(session, UploadedFileRec(f"{session}{number}", "a.jpg", "image/jpeg", bytes(size * MB)))

    add("a", 2)
    with pytest.raises(HTTPException, match="At most 3 MiB"):
        add("a", 2, 1)
    add("b", 3)
    with pytest.raises(HTTPException, match="Too much has been uploaded at once"):
        add("c", 1)
    manager.remove_session_files("b")
    add("c", 1)
