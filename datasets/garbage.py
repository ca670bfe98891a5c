"""Python's search for cycles among objects, kept out of where it costs most and finds least."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Make objects in the block without a search for garbage, which is made up for afterwards.

    The search looks at all objects again and again while many are made, such as a listing of a million images or
    TensorFlow's modules, and finds none to free.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def freeze_loaded() -> None:
    """Leave out of every later search what this process holds now: call it once its modules are loaded.

    A cycle among those objects is never freed, so call it before there is a model.
    """
    gc.collect()
    gc.freeze()
