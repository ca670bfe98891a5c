"""What is durable of a search: its specification, suggestions, records, oracle state and driver, and how they are read.

Never anything that needs TensorFlow, Keras Tuner or Optuna: whoever only looks at a search must not wait for them.
"""
