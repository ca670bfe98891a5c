"""Catalogues classified by one process: a table in, the table with its answers out, and what is durable in between.

Nothing here knows how a model answers, nor what tables are written in.
"""
