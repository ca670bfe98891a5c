"""The page's own process: ``python -m ui.web.serving HOST PORT JSON`` runs Streamlit until standard input ends.

The JSON object is a `ui.web.served.Served`.

Whoever starts it holds the other end of standard input, so the page never outlives its starter.
"""

import os
import sys
import threading
from pathlib import Path

from trainer import BundleError, import_modules
from ui.web.served import Served

# Only this machine may ask, unless told otherwise: the page shows whatever the files of its user hold.
HOST = "127.0.0.1"
HAS_SAID_WHY = 4
"""Exit status where a line has said why the page cannot start. Streamlit has no such one."""
# A calm look, light or dark as the reader's system is: contrast of text is above 4.5 on either,
# also where Streamlit shows it at three fifths of its strength.
_THEME = {
    "theme.light.primaryColor": "#3B5BDB",
    "theme.light.textColor": "#10131A",
    "theme.light.secondaryBackgroundColor": "#F5F6FA",
    "theme.light.borderColor": "#E3E6EF",
    "theme.dark.primaryColor": "#4464E8",
    "theme.dark.linkColor": "#9DB2FF",
    "theme.dark.backgroundColor": "#12151C",
    "theme.dark.textColor": "#E8EAF0",
    "theme.dark.secondaryBackgroundColor": "#1B202B",
    "theme.dark.borderColor": "#2E3545",
    "theme.baseRadius": "8px",
    "theme.baseFontSize": "15",
    "theme.headingFontSizes": "1.75rem, 1.3rem, 1.1rem",
    "theme.showWidgetBorder": "true",
    "theme.paddingTop": "1rem",
    "theme.metricValueFontSize": "1.6rem",
}


def flags(host: str, port: int, *, auth: str | None = None) -> list[str]:
    """Return Streamlit's settings as its command line takes them: at one address, sending nothing home.

    A page in another tab must not reach this one under a name of its own (DNS rebinding): hence the allowed hosts. A
    machine that others reach is known to them by names that it does not know.
    """
    settings = {
        "server.address": host,
        "server.port": str(port),
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "logger.level": "warning",
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",  # what failed, and in which file, is for the log
        # Settings have a default, the model's own, and are set: by a click on the advised crop, by another model.
        "global.disableWidgetStateDuplicationWarning": "true",
        "runner.magicEnabled": "false",  # it shows a docstring as text
        "runner.postScriptGC": "false",  # after each refresh it would look through all trials
        **_THEME,
    }
    names = (host, "localhost") if host.startswith("127.") else ()
    hosts = [f"--server.allowedHosts={name}" for name in names]
    secrets = [] if auth is None else [f"--secrets.files={auth}"]
    return [*(f"--{name}={value}" for name, value in settings.items()), *hosts, *secrets]


def main() -> None:
    """Serve the page; returns when Streamlit ends, by SystemExit where a module cannot be imported."""
    from streamlit.web import cli

    from ui.web.kept_kernels import keep_kernels
    from ui.web.receiving import limit_received

    host, port, served = sys.argv[1], int(sys.argv[2]), Served.model_validate_json(sys.argv[3])
    try:
        import_modules(served.modules)
    except BundleError as error:
        sys.stderr.write(f"galaxy: error: {error}\n")
        sys.exit(HAS_SAID_WHY)
    limit_received()
    keep_kernels()
    threading.Thread(target=_end_with_input, daemon=True).start()
    script = str(Path(__file__).with_name("app.py"))
    cli.main(
        ["run", script, *flags(host, port, auth=served.auth), "--", served.model_dump_json()], prog_name="galaxy ui"
    )


def _end_with_input() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
