"""What to try next: Keras Tuner's oracles, ours and a user's own, driven from outside a Keras Tuner `Tuner`.

Never what becomes of a suggestion: an oracle reads and writes no file.
"""

from trainer import import_tensorflow

import_tensorflow()  # before Keras Tuner does, noisily
