"""Training one model, epoch by epoch, so that it can be left and continued.

Nothing here knows of bundles, or of the choice among several models.
"""
