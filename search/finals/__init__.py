"""Which finalists a search has, what begins next, who is dropped and who is chosen: a pure plan, of numbers alone.

Nothing here trains, reads or writes. Only `defaults` knows a space, and so Keras Tuner.
"""
