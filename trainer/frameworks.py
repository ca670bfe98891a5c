"""Keras and TensorFlow, imported without their start-up messages: every module here takes them from this one."""

from trainer.quiet import import_tensorflow

import_tensorflow()

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

__all__ = ["keras", "tf"]
