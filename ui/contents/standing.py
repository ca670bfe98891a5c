"""What has become of the dataset that a search ran on: it may have moved, gone or changed since."""

from dataclasses import dataclass

from datasets import DatasetInfo, FormatError, StorageError, read_info
from search import SearchLayout, SearchSpecification, read_fit
from ui.wording import DEFAULT_STORAGE, going_on

_MOVED = "go on with the search, or train its winner, and say where it is now:"


@dataclass(frozen=True)
class Standing:
    """A dataset where it is looked for.

    Attributes:
        place: path or URI.
        info: what is there; None where there is no dataset.
        trouble: what is not as it was, one line; empty where all is well.
        commands: what to do about it, each a command or a call; none where nothing helps that is one.
    """

    place: str
    info: DatasetInfo | None
    trouble: str = ""
    commands: tuple[str, ...] = ()


def standing(place: str, search: SearchSpecification | None = None, *, storage: str = DEFAULT_STORAGE) -> Standing:
    """Look for a dataset at ``place``; ``search``, in ``storage``, is what ran on it, None where it is of no search."""
    try:
        info = read_info(place)
    except (FormatError, StorageError) as error:
        moved = "" if search is None else f". If it has moved, {_MOVED}"
        return Standing(place, None, f"{error}{moved}", _again(search, storage))
    if search is None or info.fingerprint == search.fingerprint:
        return Standing(place, info)
    return Standing(
        place,
        info,
        f"This is not the dataset that the search ran on: expected the fingerprint {search.fingerprint[:12]}…, found "
        f"{info.fingerprint[:12]}…. What is shown is what lies there now. Import the original again, or "
        f"start a new search; if it has only moved, {_MOVED}",
        _again(search, storage),
    )


def _again(search: SearchSpecification | None, storage: str) -> tuple[str, ...]:
    if search is None:
        return ()
    settings = search.settings
    is_fit = read_fit(SearchLayout.of(storage, settings.name)) is not None
    return (
        going_on("resume", settings, storage=storage, dataset="PLACE", is_fit=is_fit),
        going_on("train", settings, storage=storage, dataset="PLACE"),
    )
