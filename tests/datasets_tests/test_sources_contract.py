"""The contract of imports: whatever people bring is understood, or refused with the way out; never silently wrong."""

import re

import pytest
from datasets_tests.contract_archives import ARCHIVES
from datasets_tests.contract_class_folders import CLASS_FOLDERS
from datasets_tests.contract_inputs import Refused, imported
from datasets_tests.contract_tables import TABLES

from datasets import SourceError

INPUTS = {**CLASS_FOLDERS, **ARCHIVES, **TABLES}
PICTURES = range(64)
"""Those that inputs are made of."""


@pytest.mark.parametrize("name", INPUTS)
def test_it_is_right_or_refused(name, tmp_path):
    given = INPUTS[name]
    source = given.make(tmp_path / "source")
    if isinstance(given.expected, Refused):
        with pytest.raises(SourceError) as caught:
            imported(source, tmp_path / "out", given.options, PICTURES)
        message = str(caught.value)
        assert re.search(given.expected.way_out, message)
        assert "\n" not in message
        assert len(message) < 1_000
    else:
        said, found = imported(source, tmp_path / "out", given.options, PICTURES)
        assert found == given.expected.truth
        assert re.search(given.expected.says, said)
