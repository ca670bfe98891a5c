"""A view of the page as it is drawn, without a browser."""

from collections.abc import Sequence
from pathlib import Path

from streamlit.testing.v1 import AppTest


def open_view(
    view: str,
    storage: str | Path,
    root: str | Path | None = None,
    *,
    control: bool = False,
    **query: str | Sequence[str],
) -> AppTest:
    """Draw ``ui.pages.<view>`` over a storage; ``root`` is the folder of datasets, ``query`` what its URL says."""

    def script(view: str, storage: str, control: bool, root: str | None) -> None:
        import importlib

        from ui.pages.site import Site

        importlib.import_module(f"ui.pages.{view}").page(Site(storage, control=control, data=root))

    given = (view, str(storage), control, None if root is None else str(root))
    page = AppTest.from_function(script, args=given, default_timeout=120)
    for name, value in query.items():
        page.query_params[name] = value if isinstance(value, str) else list(value)
    page.run()
    assert not page.exception
    return page
