"""Errors of datasets, and the root of every error that a user can cause.

GalaxyTunerError        whatever a user can cause, in any package
└── DatasetError        whatever a user can cause in this package: catch this one
    ├── StorageError    a storage folder cannot be read or written: stop, the user mends the storage
    ├── SourceError     the source of an import or its options cannot be used: stop, nothing has been written
    ├── FormatError     not a dataset, a damaged one, or one of another version: stop, import it again
    └── ImageError      one image cannot be used: skip it (import quarantines it, classification reports it)
"""


class GalaxyTunerError(Exception):
    """An error that a user can cause; the root of each package's errors.

    ``str(error)`` is one line for the user, saying what was expected, what was found and what to do.
    The command line prints it and exits with status 1.
    """


class DatasetError(GalaxyTunerError):
    """A dataset cannot be made, read or used."""


class StorageError(DatasetError):
    """A folder of the storage cannot be opened, read or written."""


class SourceError(DatasetError):
    """A source cannot be imported, or not with these options."""


class FormatError(DatasetError):
    """A directory is not a dataset, is damaged, or is of another version."""


class ImageError(DatasetError):
    """One image cannot be used; the message is the reason, without the image's name."""


def first_line(error: Exception) -> str:
    """Return the first line of what an error says, or its type where it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def reason_of(error: Exception) -> str:
    """Return the first line of what an error says, without its number."""
    return (error.strerror if isinstance(error, OSError) else None) or first_line(error)
