"""What a source means: which images it holds, and the class, split and galaxy of each.

Nothing here may decode an image or write anything.
"""
