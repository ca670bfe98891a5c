import subprocess
import sys

import pytest

import datasets


def test_every_public_name_exists_and_the_list_is_sorted():
    assert list(datasets.__all__) == sorted(datasets.__all__)
    assert [name for name in datasets.__all__ if not hasattr(datasets, name)] == []


def test_a_name_that_is_not_public_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'datasets' has no attribute 'nothing'"):
        _ = datasets.nothing


def test_who_only_describes_things_does_not_wait_for_libraries():
    code = (
        "import sys; from datasets import Augmentation, Balance, Folder, GalaxyTunerError, Split, open_folder; "
        "open_folder('.'); print([n for n in ('cv2', 'imblearn', 'sklearn', 'pyarrow', 'PIL', 'tensorflow') "
        "if n in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
