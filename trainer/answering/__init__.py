"""From a network's outputs to answers: probabilities, calibrated and decided upon, and what they are worth.

Nothing here knows how a network is trained, or in what files it is kept.
"""
