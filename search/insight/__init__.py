"""What a search teaches about its space: which hyperparameters matter, how, and how far that is to be believed.

Records in, numbers, sentences and figures out. Where the records do not suffice for an answer it is an `Unclear`.
"""
