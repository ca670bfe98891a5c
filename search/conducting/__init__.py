"""Oracle and ledger in step, from the first suggestion to a resumed search."""
