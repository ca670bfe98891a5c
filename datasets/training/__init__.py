"""What a training sees of a dataset: its rows balanced, augmented, mixed and batched.

Nothing here may know how a dataset was imported, or import TensorFlow.
"""
