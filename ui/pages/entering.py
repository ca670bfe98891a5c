"""Who may look at a page that is served with a login: nobody else sees anything of it."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

import streamlit as st

from ui.pages.elements import plain


def has_entered(readers: Sequence[str]) -> bool:
    """Say whether who looks at the page has logged in and may; else draw the way in.

    ``readers`` are patterns of e-mail addresses, as ``*@astro.example.org``; none lets all in whom the provider knows.
    """
    if not st.user.is_logged_in:
        st.title("Galaxy Tuner", anchor=False)
        st.button("Log in", type="primary", on_click=st.login)
        return False
    address = str(st.user.get("email") or "")
    verified = st.user.get("email_verified")
    if not may_read(address, readers, is_verified=verified is True):
        st.error(
            "The login does not say whether your address is yours: have the provider send the claim `email_verified`, "
            "or let in all whom it knows, without readers."
            if verified is None
            else f"{plain(address) or 'Who has no e-mail address'} may not see this page: ask who serves it."
        )
        st.button("Log out", on_click=st.logout)
        return False
    return True


def may_read(address: str, readers: Sequence[str], *, is_verified: bool) -> bool:
    """Say whether an e-mail address is one of the ``readers``; one that the provider has not verified is nobody's."""
    if not readers:
        return True
    return is_verified and any(fnmatchcase(address.casefold(), reader.casefold()) for reader in readers)
