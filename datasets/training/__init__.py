"""From a dataset to batches: balanced, varied, mixed."""
