"""Tables read and written without changing anything: every column, in its order, with its type, values and notes.

What is read to be labelled, and may be taken for what it most likely means, is the folder's above.
"""
