"""What can go wrong between a search and the machines it runs on.

datasets.GalaxyTunerError
└── ClusterError    Ray cannot be started or reached, or offers too little: the command stops before any training
"""

from datasets import GalaxyTunerError


class ClusterError(GalaxyTunerError):
    """Ray cannot be started or reached, or no node has what a trial needs. Raised before any training."""
