"""What to try next: Keras Tuner's oracles by name, or a user's own."""

from search.oracles.making import make_oracle

__all__ = ["make_oracle"]
