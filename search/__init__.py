"""What may be searched, what to try next, and what came of it: spaces, oracles, records, ledger, leaderboard.

Knows nothing of Ray. Reading a search (`read_search`, `list_searches`) imports neither TensorFlow nor Keras Tuner.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
