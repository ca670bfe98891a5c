"""From trials to a bundle: winners trained to their end, chosen, averaged, calibrated, tested.

Whether a model can come to that is checked here, too, before it is trained.

No other room imports this one: what a loaded bundle needs lives in `answering`.
"""
