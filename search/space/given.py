"""A HyperModel that is given as an object: a notebook's, which no module has.

A search keeps that it was given one, and what it is called, never the object: who goes on gives it again.
"""

from search.errors import SettingsError, SpaceError
from search.settings import SearchSettings


def with_given(settings: SearchSettings, hypermodel: object | None) -> SearchSettings:
    """Return the settings of a new search of the HyperModel given, if one is.

    Raises SettingsError if ``settings`` name one as well.
    """
    if hypermodel is None:
        return settings
    if settings.hypermodel is not None:
        raise SettingsError(
            f"expected one HyperModel, found two: hypermodel= and SearchSettings(hypermodel={settings.hypermodel!r}): "
            "leave one of them out"
        )
    name = getattr(hypermodel, "__name__", type(hypermodel).__name__)
    return settings.model_copy(update={"hypermodel": f"<{name.strip('<>')}>"})


def check_given(settings: SearchSettings, hypermodel: object | None, *, call: str) -> None:
    """Raise SpaceError if a search lacks the object that it is of, or is of another HyperModel than one given.

    ``call`` is how the object is given again: see `search.SearchLayout.call`.
    """
    if settings.is_by_value and hypermodel is None:
        raise SpaceError(
            f"search {settings.name!r} is of an object given from Python, {settings.hypermodel}, which is not stored: "
            f"give it again, from Python: {call}"
        )
    if hypermodel is not None and not settings.is_by_value:
        raise SpaceError(
            f"search {settings.name!r} is of {settings.hypermodel or 'the built-in space'}, which is found by itself: "
            "leave hypermodel= out"
        )
