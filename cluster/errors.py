"""What can go wrong between a search and the machines it runs on.

datasets.GalaxyTunerError
├── CatalogueError      a catalogue cannot be classified into a folder, or not to its end: what is done there stays
└── ClusterError        Ray cannot be started or reached, or offers too little: the command stops before any training
    ├── RayGoneError    Ray was there and went away: the search is interrupted, `galaxy resume` goes on
    ├── NoMemoryError   other programs hold the memory: likewise
    ├── ClusterFileError    a file is none that brings a cluster up: nothing was looked at
    ├── NoNodeError     no node takes trials any more: likewise
    ├── NothingEndedError   no finalist was trained to its end: a bundle that was there before stays
    ├── OutOfTimeError  the time limit was reached in the middle of something: it is left, and its result discarded
    └── UnfitError      a worker's node cannot do its part: what it was to do is done elsewhere
"""

from datasets import GalaxyTunerError


class ClusterError(GalaxyTunerError):
    """Ray cannot be started or reached, or no node has what a trial needs. Raised before any training."""


class CatalogueError(GalaxyTunerError):
    """A folder has answers of another catalogue, the source has changed, or a partition cannot be done."""


class RayGoneError(ClusterError):
    """Ray went away while trials ran on it. What had ended stands; the rest goes on when the search is resumed."""


class NoMemoryError(ClusterError):
    """Other programs have held the memory for ten minutes, and nothing could run. The rest goes on as above."""


class ClusterFileError(ClusterError):
    """A file is none that brings a cluster up. Raised before anything is looked at."""


class NoNodeError(ClusterError):
    """No node has taken trials for ten minutes, or none ever will. The rest goes on as above."""


class NothingEndedError(ClusterError):
    """No finalist was trained to its end, in the time given or at all. What was there before is as it was."""


class OutOfTimeError(ClusterError):
    """The time given was up in the middle of something. Whoever began it discards it and records what there is."""

    def __init__(self) -> None:
        super().__init__("the time was up")


class UnfitError(ClusterError):
    """A worker's node cannot do its part, as it runs other code (``differs``) or lacks storage, dataset or model."""

    def __init__(self, reason: str, differs: bool = False) -> None:
        super().__init__(reason, differs)
        self.differs = differs

    def __str__(self) -> str:
        return str(self.args[0])
