"""What a model says of images: its answers as tables and files, counted, and drawn as heatmaps.

Nothing here knows of a terminal or a page, and nothing reads a search.
"""
