"""What is durable of a search: its specification, suggestions, records and oracle, and how they are read."""
