"""What runs on a worker: one trial, one winner's training, and the watch over the worker's memory.

Never anything of the driver's: a worker knows no oracle, no scheduler and no connection, and its ledger is read-only.
"""
