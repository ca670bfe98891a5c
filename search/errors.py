"""What can go wrong in a search and what its user can do about it.

datasets.GalaxyTunerError
└── SearchError           the command stops; nothing that existed is touched
    ├── SettingsError     a setting, or a pair of them, makes no sense: correct it and start again
    ├── SpaceError        the HyperModel cannot be imported or used: mend it and start again
    └── LedgerError       the search directory is absent, taken, or of another version
        └── PlaceLostError    another driver has gone on with the search: this one ends, and writes nothing more
"""

from datasets import GalaxyTunerError


class SearchError(GalaxyTunerError):
    """A search cannot start, be read or go on. Raised before training wherever that is possible."""


class SettingsError(SearchError):
    """A setting is out of range or does not go with another one. Raised before anything is written."""


class SpaceError(SearchError):
    """The HyperModel cannot be imported or built, or overrides ``fit``. Raised before anything is written."""


class LedgerError(SearchError):
    """A search directory is not there, exists already, or was written by another version."""


class PlaceLostError(LedgerError):
    """Another driver has gone on with the search, as it could not know that this one lived. Nothing is lost."""
