"""What the page is of: the storage it shows, what it may do, and the way from one view to another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import streamlit as st


@dataclass(frozen=True)
class Site:
    """One page that is served.

    Attributes:
        storage: The folder or URI whose searches are shown.
        control: Whether who looks at it may also begin, stop, train, rename and delete searches.
        data: Folder below which datasets are offered for new searches; None offers none.
        modules: A user's, by their importable names: their HyperModels are offered for new searches.
        pages: By its URL's path each view; empty where a view is drawn by itself.
    """

    storage: str
    control: bool = False
    data: str | None = None
    modules: tuple[str, ...] = ()
    pages: Mapping[str, st.Page] = field(default_factory=lambda: MappingProxyType({}), compare=False, repr=False)

    def way(self, name: str, label: str, *, icon: str | None = None, **query: str | Sequence[str]) -> None:
        """Draw a link to the view at ``name``, which opens without a new session; nothing where there is none."""
        if (page := self.pages.get(name)) is not None:
            st.page_link(page, label=label, icon=icon, query_params=query)

    def go(self, name: str, **query: str | Sequence[str]) -> None:
        """Show the view at ``name`` instead of this one; nothing happens where there is none."""
        if (page := self.pages.get(name)) is not None:
            st.switch_page(page, query_params=query)
