"""The files that an import cannot use, and why."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from datasets.arrow.description import QUARANTINE
from datasets.errors import SourceError
from datasets.storage.folders import Folder, open_folder
from datasets.storage.whole_files import replace_file
from datasets.tables.formulas import harmless, harmless_path
from datasets.wording import shown_name


@dataclass
class Quarantine:
    """The files that cannot be used, (file, reason) of each; ``strict`` says that none is allowed."""

    strict: bool
    files: list[tuple[str, str]] = field(default_factory=list)

    def add(self, file: str, reason: str) -> None:
        """Note a file. Raises SourceError if none is allowed."""
        self.files.append((file, reason))
        if self.strict:
            name = shown_name(file, longest=200)
            raise SourceError(f"'{name}' cannot be used: {reason}; without --strict it is left out and noted")

    def write(self, folder: Path) -> None:
        """Write the list into the folder of a dataset."""
        replace_file(folder / QUARANTINE, self._as_csv())

    def leave(self, folder: Folder) -> Path:
        """Write the list for a dataset that could not be made: beside its place, or here if that is remote."""
        if folder.local is None:
            path = Path(f"{PurePosixPath(urlsplit(folder.uri).path).name}-{QUARANTINE}").absolute()
        else:
            path = folder.local.with_name(f"{folder.local.name}-{QUARANTINE}")
            path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, self._as_csv())
        return path

    def _as_csv(self) -> bytes:
        stream = io.StringIO(newline="")
        csv.writer(stream).writerows(
            [("file", "reason"), *((harmless_path(file), harmless(why)) for file, why in self.files)]
        )
        return stream.getvalue().encode(errors="backslashreplace")


@contextmanager
def left_on_refusal(quarantine: Quarantine, folder: Folder) -> Iterator[None]:
    """Let a SourceError of the block say where the files are listed that could not be used, if any."""
    try:
        yield
    except SourceError as error:
        if not quarantine.files:
            raise
        try:
            place = quarantine.leave(folder)
        except OSError:
            raise error from None
        raise SourceError(f"{error}; files that cannot be used are listed in '{place}'") from error


def read_quarantine(location: str | Path | Folder) -> list[tuple[str, str]]:
    """Return the files that a dataset's import could not use, (file, reason) each; none where it has no list."""
    data = open_folder(location).read_if_there(QUARANTINE)
    rows = csv.reader(io.StringIO("" if data is None else data.decode("utf-8", "replace"), newline=""))
    return [(_as_it_was(row[0]), row[1]) for row in list(rows)[1:] if len(row) == 2]


def _as_it_was(file: str) -> str:
    """Return a file's name without what keeps a spreadsheet from taking it for a formula."""
    name = file.removeprefix("./")
    return name if harmless_path(name) == file else file
