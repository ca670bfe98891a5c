"""What may vary: the built-in space, users' own, and points in them."""
