"""Tables that come in or go out, CSV and Parquet, a batch of rows at a time.

Nothing here may know what a table's columns mean; the Arrow files of a dataset are `arrow`'s.
"""
