"""What may be searched, what to try next, and what came of it: spaces, oracles, records, ledger, leaderboard.

Knows nothing of Ray. Reading a search (`read_search`, `list_searches`) imports neither TensorFlow nor Keras Tuner.
"""

from datasets import attach_public_names

__getattr__, __dir__, __all__ = attach_public_names(__name__, __file__)
