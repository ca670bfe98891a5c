"""TensorFlow's kernels are kept from run to run of a page.

Streamlit 1.67 clears Keras's session after each run of each visitor's page, also those of a page that refreshes itself.
That throws away all kernels that TensorFlow has made ready, so that the next answer takes half a second of CPU more
than the model needs, and it does so while others' images are being classified. Here models are loaded once and never
built in a page: there is nothing to clear.
"""

from streamlit.runtime.scriptrunner import script_runner

_CLEARING = "_clean_problem_modules"


def keep_kernels() -> bool:
    """Have Streamlit clear nothing, in this process; return whether it was as this knows it."""
    if not hasattr(script_runner, _CLEARING):
        return False
    setattr(script_runner, _CLEARING, _nothing)
    return True


def _nothing() -> None:
    """Clear nothing."""
