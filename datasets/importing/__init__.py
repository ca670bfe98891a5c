"""From a source to a dataset: decoded, dealt to splits, and complete or not there at all.

Nothing here may be needed to use a dataset that is there.
"""
