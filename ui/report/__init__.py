"""The report of an evaluation: one HTML file that needs no network.

Nothing here measures, reads a file or knows who asked for the report.
"""
