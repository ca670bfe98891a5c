"""A page that is served with a login shows nothing to who has not logged in, or may not look."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from ui_tests.browsing import needs_chromium, served
from ui_tests.conftest import Galaxy
from ui_tests.oidc_provider import CLIENT, provider

from ui.pages import entering
from ui.pages.entering import may_read
from ui.web.login import LoginError, read_login

FILE = """
[auth]
redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
cookie_secret = "0123456789abcdef0123456789abcdef"
client_id = "{client}"
client_secret = "none"
server_metadata_url = "{metadata}"

[galaxy]
readers = ["*@astro.example.org"]
"""


def written(folder: Path, **values: object) -> Path:
    known = {"port": 8501, "client": CLIENT, "metadata": "http://127.0.0.1:1/none"}
    path = folder / "login.toml"
    path.write_text(FILE.format(**known | values))
    return path


def test_who_may_look_is_read(tmp_path: Path) -> None:
    assert read_login(str(written(tmp_path))) == ("*@astro.example.org",)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("0123456789abcdef0123456789abcdef", "hunter2"), "auth.cookie_secret: expected"),
        (("/oauth2callback", ""), "auth.redirect_uri: expected"),
        (("client_id", "client"), "auth.client_id"),
        (("readers", "reader"), "galaxy.reader"),
        (("[auth]", "[auth"), "expected TOML"),
    ],
)
def test_with_what_nobody_could_log_in_is_refused_without_its_secrets(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    path = written(tmp_path)
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(LoginError) as refused:
        read_login(str(path))
    assert said in str(refused.value)
    assert "hunter2" not in str(refused.value)
    with pytest.raises(LoginError, match="No such file"):
        read_login(str(tmp_path / "none.toml"))


@pytest.mark.parametrize(
    ("address", "readers", "is_verified", "may"),
    [
        ("a@astro.example.org", ("*@astro.example.org",), True, True),
        ("A@Astro.Example.org", ("*@astro.example.org",), True, True),
        ("a@astro.example.org", ("*@astro.example.org",), False, False),
        ("a@astro.example.org.evil.com", ("*@astro.example.org",), True, False),
        ("", ("*@astro.example.org",), True, False),
        ("b@c.d", ("a@c.d", "b@c.d"), True, True),
        ("anybody@else", (), False, True),
    ],
)
def test_readers_are_those_whose_verified_address_is_named(
    address: str, readers: tuple[str, ...], is_verified: bool, may: bool
) -> None:
    assert may_read(address, readers, is_verified=is_verified) is may


@pytest.mark.parametrize(("claim", "enters"), [(True, True), (False, False), (None, False), ("true", False)])
def test_an_address_counts_only_where_the_provider_says_that_it_is_verified(
    monkeypatch: pytest.MonkeyPatch, claim: object, enters: bool
) -> None:
    class User(dict[str, object]):
        is_logged_in = True

    said: list[str] = []
    monkeypatch.setattr(entering.st, "user", User(email="a@b.c", email_verified=claim))
    monkeypatch.setattr(entering.st, "error", said.append)
    assert entering.has_entered(("*@b.c",)) is enters
    assert any("the claim `email_verified`" in line for line in said) is (claim is None)


def test_control_beyond_this_machine_needs_a_login(galaxy: Galaxy) -> None:
    result = galaxy("ui", "--host", "0.0.0.0", "--control")
    assert result.exit_code == 2
    assert "--auth" in result.output


@contextmanager
def behind_a_login(storage: str, folder: Path, email: str) -> Iterator[str]:
    with provider(email) as found:

        def options(port: int) -> list[str]:
            return ["--auth", str(written(folder, port=port, metadata=found.metadata_url))]

        with served(storage, options) as address:
            yield address


@pytest.mark.slow
@pytest.mark.browser
@needs_chromium
def test_only_who_has_logged_in_and_may_look_sees_anything(storage: str, tmp_path: Path, page: Page) -> None:
    with behind_a_login(storage, tmp_path, "me@astro.example.org") as address:
        page.goto(f"{address}/search?search=first")
        expect(page.get_by_role("button", name="Log in")).to_be_visible()
        expect(page.get_by_text("0.9375")).to_have_count(0)
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("heading", name="Searches")).to_be_visible()


@pytest.mark.slow
@pytest.mark.browser
@needs_chromium
def test_a_stranger_who_logs_in_sees_nothing(storage: str, tmp_path: Path, page: Page) -> None:
    with behind_a_login(storage, tmp_path, "stranger@example.com") as address:
        page.goto(address)
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_text("stranger@example.com may not see this page")).to_be_visible()
        expect(page.get_by_role("heading", name="Searches")).to_have_count(0)
