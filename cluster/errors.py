"""What can go wrong between a search and the machines it runs on.

datasets.GalaxyTunerError
└── ClusterError        Ray cannot be started or reached, or offers too little: the command stops before any training
    ├── RayGoneError    Ray was there and went away: the search is interrupted, `galaxy resume` goes on
    ├── NoMemoryError   other programs hold the memory: likewise
    └── ClusterFileError    a file is none that brings a cluster up: nothing was looked at
"""

from datasets import GalaxyTunerError


class ClusterError(GalaxyTunerError):
    """Ray cannot be started or reached, or no node has what a trial needs. Raised before any training."""


class RayGoneError(ClusterError):
    """Ray went away while trials ran on it. What had ended stands; the rest goes on when the search is resumed."""


class NoMemoryError(ClusterError):
    """Other programs have held the memory for ten minutes, and nothing could run. The rest goes on as above."""


class ClusterFileError(ClusterError):
    """A file is none that brings a cluster up. Raised before anything is looked at."""
