"""From trials to a bundle: winners trained to their end, chosen, averaged, calibrated, tested.

No other room imports this one: what a loaded bundle needs lives in `answering`.
"""
