"""The jobs behind the commands: launching, resuming and stopping a search, and training its winners fully.

Never Ray Tune, which stays in the rooms below: a job prepares, lets a runner drive, and keeps what came of it.
"""
