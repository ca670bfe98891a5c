"""What Streamlit does after each run of a page must not cost TensorFlow its kernels."""

import pytest
from streamlit.runtime.scriptrunner import script_runner

from ui.web.kept_kernels import keep_kernels


def test_streamlit_clears_no_session_of_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script_runner, "_clean_problem_modules", script_runner._clean_problem_modules)
    assert keep_kernels(), "this Streamlit clears what others have loaded in another way: look for clear_session there"
    script_runner._clean_problem_modules()


def test_a_streamlit_that_does_it_in_another_way_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(script_runner, "_clean_problem_modules")
    assert not keep_kernels()
