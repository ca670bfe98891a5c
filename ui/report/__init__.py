"""An evaluation as files: its report, one HTML file that needs no network, and its confusion matrix.

Nothing here measures, reads a file or knows who asked for them.
"""
