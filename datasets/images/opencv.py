"""OpenCV without threads of its own."""

from types import ModuleType


def one_threaded_opencv() -> ModuleType:
    """Import OpenCV: a trial uses the CPUs it was given, and an image of 64 pixels needs no second thread."""
    import cv2

    if cv2.getNumThreads() != 1:
        cv2.setNumThreads(1)
    return cv2
