"""What drives trials: the connection to Ray, the conductor as a Tune searcher, the schedulers, the two runners.

Never what a command is made of: when a search starts and ends, and what it checks before, is told by the jobs above.
"""
