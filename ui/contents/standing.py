"""What has become of the dataset that a search ran on: it may have moved, gone or changed since."""

from dataclasses import dataclass

from datasets import DatasetInfo, FormatError, StorageError, read_info
from ui import wording

_MOVED = "go on with the search, or train its winner, and say where it is now:"


@dataclass(frozen=True)
class Standing:
    """A dataset where it is looked for.

    Attributes:
        place: path or URI.
        info: what is there; None where there is no dataset.
        trouble: what is not as it was, one line; empty where all is well.
        commands: what to do about it; none where nothing helps that is a command.
    """

    place: str
    info: DatasetInfo | None
    trouble: str = ""
    commands: tuple[str, ...] = ()


def standing(place: str, *, fingerprint: str | None, search: str | None, storage: str) -> Standing:
    """Look for a dataset at ``place``; ``fingerprint`` is what ``search`` ran on, None where it is of no search."""
    verbs = () if search is None else ("resume", "train")
    again = tuple(wording.command_line(verb, str(search), "--dataset", "PLACE", storage=storage) for verb in verbs)
    try:
        info = read_info(place)
    except (FormatError, StorageError) as error:
        moved = f". If it has moved, {_MOVED}" if again else ""
        return Standing(place, None, f"{error}{moved}", again)
    if fingerprint is None or info.fingerprint == fingerprint:
        return Standing(place, info)
    return Standing(
        place,
        info,
        f"This is not the dataset that the search ran on: expected the fingerprint {fingerprint[:12]}…, found "
        f"{info.fingerprint[:12]}…. What is shown is what lies there now. Import the original again, or "
        f"start a new search; if it has only moved, {_MOVED}",
        again,
    )
