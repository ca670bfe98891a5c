"""Oracle and ledger in step, from the first suggestion to a resumed search.

The only room that knows both; never how trials are run or where.
"""

from trainer import import_tensorflow

import_tensorflow()  # before Keras Tuner does, noisily
