"""What may vary: the built-in space, users' own, points in them, and what they set of training.

Never what proposes or keeps such points: a space knows neither oracle nor ledger.
"""

from trainer import import_tensorflow

import_tensorflow()  # before Keras Tuner does, noisily
