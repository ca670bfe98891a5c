"""A Google Cloud Storage server, which gcp-storage-emulator brings, in a process of its own.

Not in the tests' own: pyarrow reads from Google's store without letting other threads of its process go on.
"""

import contextlib
import subprocess
import sys
from functools import partial
from http.server import ThreadingHTTPServer

BUCKET = "galaxies"


class GcsServer:
    """The emulator with one empty bucket, on a free port of this machine.

    Attributes:
        uri: the bucket's, as ``open_folder`` takes it.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        port = int(self._process.stdout.readline())
        self.uri = f"gs://anonymous@{BUCKET}?scheme=http&endpoint_override=127.0.0.1:{port}"

    def close(self) -> None:
        """Stop serving."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def serve() -> None:
    """Serve until the process ends; write the port on the standard output."""
    from gcp_storage_emulator.exceptions import NotFound
    from gcp_storage_emulator.handlers.buckets import create_bucket
    from gcp_storage_emulator.server import RequestHandler
    from gcp_storage_emulator.storage import Storage

    class Quiet(RequestHandler):  # type: ignore[misc]
        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    class WithFolders(Storage):  # type: ignore[misc]
        """Lists the marks of folders as Google's store does, asked with ``includeTrailingDelimiter``."""

        def get_file_list(self, bucket_name: str, *arguments: object, **options: object) -> tuple[list[object], object]:
            files, prefixes = super().get_file_list(bucket_name, *arguments, **options)
            for prefix in prefixes:
                with contextlib.suppress(NotFound):
                    files.append(self.get_file_obj(bucket_name, prefix))
            return files, prefixes

    storage = WithFolders(use_memory_fs=True)
    create_bucket(BUCKET, storage)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, storage))
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    serve()
