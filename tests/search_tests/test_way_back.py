"""What a user is told to do to go on with a search: it works wherever the search lies."""

from pathlib import Path

import pytest

from search import SearchLayout, SearchSettings


@pytest.mark.parametrize(
    ("hypermodel", "resumed", "retried"),
    [
        (
            "my_models:tiny",
            "`galaxy resume first --address auto --storage '{there}'`",
            "`galaxy resume first --retry failed --storage '{there}'`",
        ),
        (
            "<lambda>",
            "resume_search('first', hypermodel=…, storage='{there}', address='auto')",
            "resume_search('first', hypermodel=…, storage='{there}', retry=['failed'])",
        ),
    ],
)
def test_it_names_the_storage_and_the_address(hypermodel: str, resumed: str, retried: str, tmp_path: Path) -> None:
    there = tmp_path / "with space"
    layout = SearchLayout.of(str(there), "first")
    settings = SearchSettings(name="first", trials=2, hypermodel=hypermodel)
    assert settings.resuming(layout, address="auto") == resumed.format(there=there)
    assert settings.resuming(layout, "failed") == retried.format(there=there)
    if settings.is_by_value:
        fit = f"resume_fit('first', where=Where(hypermodel=…, storage='{there}', address='auto'), retry=['failed'])"
        assert settings.resuming(layout, "failed", address="auto", is_fit=True) == fit


def test_it_names_neither_where_both_are_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    layout = SearchLayout.of("runs", "first")
    settings = [SearchSettings(name="first", trials=2, hypermodel=model) for model in ("my_models:tiny", "<lambda>")]
    told = [one.resuming(layout) for one in settings]
    fits = [one.resuming(layout, is_fit=True, more_time=True) for one in settings]
    assert fits == [
        "`galaxy resume first --time-limit TIME`",
        "resume_fit('first', where=Where(hypermodel=…), time_limit=…)",
    ]
    assert told == ["`galaxy resume first`", "resume_search('first', hypermodel=…)"]
